"""Many claims at once while many other volumes appear: the binder loses none of them."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, annotations, text
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .objects import is_scheduled, nfs, phase, pod, volume, whole_claim
from .recording import recording

CLAIMS = 60
OTHERS = 100
"""Seconds: the binder writes about three times for each claim, and no more than 20 times a second in all."""


@pytest.fixture
def other_volumes_go(client: Client, team: str) -> Iterator[None]:
    """Nothing stays of the volumes that are in the way."""
    yield
    for each in list(client.list(resources.VOLUMES).items):
        if each["metadata"]["name"].startswith(f"{team}-other-"):
            client.delete(resources.VOLUMES, each["metadata"]["name"])


@pytest.mark.usefixtures("other_volumes_go")
def test_no_claim_is_ever_lost_while_other_volumes_appear(client: Client, team: str, export_root: Path) -> None:
    names = [f"claim-{number}" for number in range(CLAIMS)]
    others = [volume(f"{team}-other-{n}", {"hostPath": {"path": "/x"}}, storageClassName="x") for n in range(OTHERS)]
    with (
        recording(client, resources.CLAIMS, team) as claims,
        ThreadPoolExecutor(4) as people,
        ThreadPoolExecutor(4) as administrators,
    ):
        made = administrators.map(partial(client.create, resources.VOLUMES), others)
        asked = people.map(lambda name: client.create(resources.CLAIMS, whole_claim(name, team)), names)
        assert len([*made, *asked]) == OTHERS + CLAIMS
        bound = claims.wait_for(
            "all to be bound",
            lambda now: len(now) == CLAIMS and all(phase(each) == "Bound" for each in now.values()),
            WITHIN,
        )
    assert bound
    assert {phase(seen.object) for seen in claims.seen} <= {None, "Pending", "Bound"}

    volumes = {each["spec"]["claimRef"]["uid"]: each for each in provisioned(client, team)}
    assert len(volumes) == CLAIMS
    for each in claims.latest.values():
        own = volumes[each["metadata"]["uid"]]
        assert each["spec"]["volumeName"] == own["metadata"]["name"]
        assert (export_root / Path(own["spec"]["nfs"]["path"]).name).is_dir()


def provisioned(client: Client, namespace: str) -> Iterator[Json]:
    """The volumes of ours for claims of a namespace."""
    for each in client.list(resources.VOLUMES).items:
        ours = annotations(each).get(keys.PROVISIONED_BY) == keys.PROVISIONER
        if ours and text(each, "spec", "claimRef", "namespace") == namespace:
            yield each


def test_a_volume_says_all_that_its_claim_and_the_policy_say(client: Client, team: str, export_root: Path) -> None:
    asking = {"annotations": {keys.MOUNT_OPTIONS: "rsize=65536,suid"}}
    with recording(client, resources.CLAIMS, team) as claims, recording(client, resources.EVENTS, team) as events:
        client.create(resources.CLAIMS, whole_claim("a", team, meta=asking, storageClassName="nfs-team"))
        bound = claims.wait_for("it to be bound", lambda now: bound_claim(now, "a"), WITHIN)
        reasons = {"ProvisioningSucceeded", "MountOptionRefused"}
        told = events.wait_for("its Events", lambda now: said(now) if reasons <= said(now).keys() else None, WITHIN)
    assert "its data is archived" in told["ProvisioningSucceeded"]
    assert "Made directory /nfs/data/" in told["ProvisioningSucceeded"]
    assert "suid" in told["MountOptionRefused"]
    (made,) = provisioned(client, team)
    directory = f"{team}-a-pvc-{bound['metadata']['uid']}"
    assert made["metadata"]["annotations"][keys.VOLUME_GID] == "4321"
    assert made["spec"]["nfs"] == {"server": "10.0.2.2", "path": f"/nfs/data/{directory}"}
    assert made["spec"]["mountOptions"][1:] == ["nfsvers=4.1", "hard", "noatime", "rsize=65536"]
    assert made["spec"]["claimRef"]["uid"] == bound["metadata"]["uid"]
    assert (made["spec"]["persistentVolumeReclaimPolicy"], made["spec"]["storageClassName"]) == ("Delete", "nfs-team")
    assert made["metadata"]["annotations"][keys.ON_DELETE] == "archive"
    assert keys.DATA_FINALIZER in made["metadata"]["finalizers"]
    found = (export_root / directory).stat()
    assert (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (0o2770, 0, 4321)


def bound_claim(claims: Mapping[str, Json], name: str) -> Json | None:
    """The claim of that name once it is bound."""
    found = claims.get(name, {})
    return found if phase(found) == "Bound" else None


def said(events: Mapping[str, Json]) -> dict[str, str]:
    """What Events say, by their reasons."""
    return {event["reason"]: event["message"] for event in events.values()}


def test_a_class_that_waits_is_provisioned_for_when_the_scheduler_has_chosen(
    client: Client, team: str, stand_in: dict[str, str]
) -> None:
    with recording(client, resources.CLAIMS, team) as claims, recording(client, resources.PODS, team) as pods:
        client.create(resources.CLAIMS, whole_claim("late", team, storageClassName="nfs-late"))
        client.create(resources.CLAIMS, whole_claim("soon", team))
        claims.wait_for("the other claim to be bound", lambda now: phase(now.get("soon", {})) == "Bound", WITHIN)
        assert phase(claims.latest["late"]) == "Pending"
        assert [each["spec"]["storageClassName"] for each in provisioned(client, team)] == ["nfs"]
        source = {"persistentVolumeClaim": {"claimName": "late"}}
        client.create(resources.PODS, pod("a", team, source, nodeSelector=stand_in))
        claims.wait_for("it to be bound", lambda now: phase(now.get("late", {})) == "Bound", WITHIN)
        pods.wait_for("its Pod to be scheduled", lambda now: is_scheduled(now.get("a", {})), WITHIN)


def test_a_claim_gets_the_volume_that_was_reserved_for_it_and_none_is_made(
    client: Client, team: str, export_root: Path
) -> None:
    kept = volume(f"{team}-kept", nfs(f"{team}/kept"), reserved_for=(team, "a"), storageClassName="nfs")
    with recording(client, resources.CLAIMS, team) as claims:
        client.create(resources.VOLUMES, kept)
        wait_for("its directory, so that the volume is known", (export_root / team / "kept").is_dir, WITHIN)
        client.create(resources.CLAIMS, whole_claim("a", team, storageClassName="nfs"))
        bound = claims.wait_for("it to be bound", lambda now: bound_claim(now, "a"), WITHIN)
    assert bound["spec"]["volumeName"] == f"{team}-kept"
    assert list(provisioned(client, team)) == []


@pytest.mark.usefixtures("installation")
def test_a_claim_that_names_our_class_is_provisioned_in_any_namespace(client: Client, namespace: str) -> None:
    with recording(client, resources.CLAIMS, namespace) as claims:
        client.create(resources.CLAIMS, whole_claim("a", namespace, storageClassName="nfs"))
        claims.wait_for("it to be bound", lambda now: phase(now.get("a", {})) == "Bound", WITHIN)
    (made,) = provisioned(client, namespace)
    assert made["spec"]["mountOptions"][1:] == ["nfsvers=4.1"], "the profile is for opted-in namespaces"


def test_a_claim_whose_class_retains_leaves_its_volume_and_its_directory(
    client: Client, team: str, export_root: Path
) -> None:
    with recording(client, resources.CLAIMS, team) as claims, recording(client, resources.VOLUMES) as volumes:
        client.create(resources.CLAIMS, whole_claim("a", team, storageClassName="nfs-kept"))
        bound = claims.wait_for("it to be bound", lambda now: bound_claim(now, "a"), WITHIN)
        name = bound["spec"]["volumeName"]
        client.delete(resources.CLAIMS, "a", team)
        volumes.wait_for("its volume to be released", lambda now: phase(now.get(name, {})) == "Released", WITHIN)
    path = client.get(resources.VOLUMES, name)["spec"]["nfs"]["path"]
    assert (export_root / Path(path).name).is_dir()
