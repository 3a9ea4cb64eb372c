"""Directories are there before anybody needs them: for Pods' inline volumes before they are scheduled, for static
volumes as soon as somebody is expected to use them, and for nobody else.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace
from .installation import MAIN, Installation
from .objects import DEAD, gates, is_scheduled, nfs, pod, volume, whole_claim
from .recording import recording

MANY = 100
MICROSECOND = 1e-6


@pytest.fixture
def swept(client: Client, team: str) -> Iterator[str]:
    """An opted-in namespace whose Pods are gone afterwards: a hundred of them would be in everybody's way."""
    yield team
    for obj in list(client.list(resources.PODS, team).items):
        client.delete(resources.PODS, obj["metadata"]["name"], team)


def scheduling_times(client: Client, namespace: str) -> dict[str, float]:
    """When the scheduler says that it has scheduled each Pod, to the microsecond, in seconds since 1970."""
    events = client.list(resources.EVENTS, namespace, field_selector="reason=Scheduled").items
    return {event["involvedObject"]["name"]: datetime.fromisoformat(event["eventTime"]).timestamp() for event in events}


def test_no_pod_is_scheduled_before_its_directory_is_there(
    installation: Installation, client: Client, swept: str, stand_in: dict[str, str], export_root: Path
) -> None:
    names = [f"pod-{number}" for number in range(MANY)]
    folder = export_root / swept
    with recording(client, resources.PODS, swept, note=lambda obj: (folder / obj["metadata"]["name"]).is_dir()) as pods:
        with installation.without(MAIN):
            for name in names:
                client.create(resources.PODS, pod(name, swept, nfs(f"{swept}/{name}"), nodeSelector=stand_in))
            client.create(resources.PODS, pod("free", swept, {"emptyDir": {}}, nodeSelector=stand_in))
            pods.wait_for("the scheduler to come by", lambda now: is_scheduled(now.get("free", {})), WITHIN)
            assert all(gates(pods.latest[name]) == [keys.DIRECTORY_GATE] for name in names)
            assert not any(is_scheduled(pods.latest[name]) for name in names)
            assert not folder.exists()
        pods.wait_for("all to be scheduled", lambda now: all(is_scheduled(now[name]) for name in names), WITHIN)

    early = {seen.object["metadata"]["name"] for seen in pods.seen if not gates(seen.object) and not seen.note}
    assert early == {"free"}, "a gate came off before the directory was there"
    wait_for("the scheduler's Events", lambda: scheduling_times(client, swept).keys() >= set(names), WITHIN)
    times = scheduling_times(client, swept)
    # An inode changes last when its owner and mode are set: the directory was all that it should be.
    late = [name for name in names if (folder / name).stat().st_ctime > times[name] + MICROSECOND]
    assert late == []


def test_every_directory_has_the_mode_and_owner_that_the_policy_says(
    client: Client, team: str, export_root: Path, stand_in: dict[str, str]
) -> None:
    with recording(client, resources.PODS, team) as pods:
        client.create(resources.PODS, pod("a", team, nfs(f"{team}/x/y"), nodeSelector=stand_in))
        pods.wait_for("it to be scheduled", lambda now: is_scheduled(now.get("a", {})), WITHIN)
    for path, mode in {team: 0o2771, f"{team}/x": 0o2771, f"{team}/x/y": 0o2770}.items():
        found = (export_root / path).stat()
        assert (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (mode, 0, 0)


def test_a_planted_link_leads_nowhere_and_the_pod_is_told(
    client: Client, team: str, export_root: Path, stand_in: dict[str, str], tmp_path: Path
) -> None:
    (export_root / team).mkdir()
    (export_root / team / "link").symlink_to(tmp_path)
    with recording(client, resources.EVENTS, team) as events, recording(client, resources.PODS, team) as pods:
        client.create(resources.PODS, pod("a", team, nfs(f"{team}/link/x"), nodeSelector=stand_in))
        pods.wait_for("the gate to come off", lambda now: "a" in now and not gates(now["a"]), WITHIN)
        told = events.wait_for("the Event", lambda now: about(now, "DirectoryRefused"), WITHIN)
    assert "symbolic link" in told["message"]
    assert (told["involvedObject"]["kind"], told["involvedObject"]["name"]) == ("Pod", "a")
    assert list(tmp_path.iterdir()) == []


def test_a_gate_comes_off_when_its_namespace_leaves(client: Client, team: str, stand_in: dict[str, str]) -> None:
    with recording(client, resources.EVENTS, team) as events, recording(client, resources.PODS, team) as pods:
        waiting = client.create(resources.PODS, pod("a", team, nfs("x", DEAD), nodeSelector=stand_in))
        assert gates(waiting) == [keys.DIRECTORY_GATE]
        client.patch(resources.NAMESPACES, team, {"metadata": {"labels": {keys.INJECT: None}}}, type="merge")
        pods.wait_for("it to be scheduled", lambda now: is_scheduled(now.get("a", {})), WITHIN)
        told = events.wait_for("the Event", lambda now: about(now, "GateOrphaned"), WITHIN)
    assert "not opted in" in told["message"]


def about(events: Mapping[str, Json], reason: str) -> Json | None:
    """An Event with this reason."""
    return next((event for event in events.values() if event["reason"] == reason), None)


@pytest.fixture
def static(team: str) -> Json:
    """A static volume whose directory does not exist; no claim of another test asks for its class."""
    return volume(f"{team}-static", nfs(f"{team}/static"), storageClassName=team)


def test_a_reserved_volume_has_its_directory_before_its_claim_is_there(
    client: Client, team: str, export_root: Path
) -> None:
    client.create(resources.VOLUMES, volume(f"{team}-static", nfs(f"{team}/static"), reserved_for=(team, "later")))
    wait_for("the directory", (export_root / team / "static").is_dir, WITHIN)


def test_a_volume_for_anybody_has_its_directory_once_a_claim_is_bound_to_it(
    client: Client, team: str, export_root: Path, static: Json
) -> None:
    directory = export_root / team / "static"
    client.create(resources.VOLUMES, static)
    marker = volume(f"{team}-marker", nfs(f"{team}/marker"), reserved_for=(team, "later"))
    client.create(resources.VOLUMES, marker)
    wait_for("the directory of a later volume", (export_root / team / "marker").is_dir, WITHIN)
    assert not directory.exists()
    bound = whole_claim("a", team, storageClassName=team, volumeName=static["metadata"]["name"])
    client.create(resources.CLAIMS, bound)
    wait_for("the directory", directory.is_dir, WITHIN)


@pytest.mark.parametrize(
    ("labels", "volume_labels"),
    [
        pytest.param({}, {}, id="of a namespace that is not opted in"),
        pytest.param({keys.INJECT: keys.INJECT_ENABLED}, {keys.INJECT: keys.INJECT_DISABLED}, id="that wants none"),
    ],
)
@pytest.mark.usefixtures("installation")
def test_no_directory_is_made_for_a_volume(
    client: Client, make_namespace: MakeNamespace, team: str, export_root: Path, labels: Json, volume_labels: Json
) -> None:
    namespace = make_namespace(labels)
    unwanted = volume(
        f"{namespace}-static",
        nfs(f"{namespace}/static"),
        reserved_for=(namespace, "a"),
        meta={"labels": volume_labels},
    )
    marker = volume(f"{namespace}-marker", nfs(f"{team}/marker"), reserved_for=(team, "a"))
    client.create(resources.VOLUMES, unwanted)
    client.create(resources.VOLUMES, marker)
    wait_for("the directory of a later volume", (export_root / team / "marker").is_dir, WITHIN)
    assert not (export_root / namespace).exists()
