"""While the webhook is away: claims of opted-in namespaces wait, nothing else does; and afterwards nothing is lost."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Forbidden
from policy import keys
from policy.shapes import Json, annotations, sequence
from testbed.kubectl import Kubectl
from testbed.product.chart import RELEASE
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace
from .installation import HEALER, WEBHOOK, Installation
from .objects import MODES, NOWHERE, SIZE, nfs, pod, template, volume, whole_claim
from .recording import recording
from .ways import run_kubectl

NO_DEFAULT = 9.0
"""Seconds: far more than two, for busy machines, and less than the ten that the API server waits unless it is told."""


@pytest.fixture
def outage(installation: Installation, team: str) -> Iterator[None]:
    """The webhook is away."""
    with installation.without(WEBHOOK):
        yield


@pytest.fixture
def no_refusals(installation: Installation, make_team: MakeNamespace, client: Client) -> Iterator[None]:
    """The API server asks for no refusals, as the chart has it where no profile refuses anything."""
    forbidden = pod("tried", make_team("deny"), nfs("x"))

    def refused() -> bool:
        try:
            client.create(resources.PODS, forbidden, dry_run=True)
        except Forbidden:
            return True
        return False

    client.delete(resources.VALIDATING_CONFIGURATIONS, RELEASE)
    wait_for("the API server to know that nothing is refused", lambda: not refused(), WITHIN)
    yield
    installation.product.connect()
    wait_for("the API server to know that there are refusals", refused, WITHIN)


@pytest.mark.usefixtures("outage")
def test_a_claim_is_refused_by_a_message_that_names_our_webhook(kubectl: Kubectl, team: str) -> None:
    said = run_kubectl(kubectl, "create", "-f", "-", objects=[whole_claim("a", team)])
    assert said.status == 1
    assert 'failed calling webhook "claims.nfs-steward.io"' in said.errors


@pytest.mark.usefixtures("outage")
def test_other_namespaces_notice_nothing(kubectl: Kubectl, namespace: str) -> None:
    objects = [whole_claim("a", namespace), pod("a", namespace, nfs("x"), nodeSelector=NOWHERE)]
    said = run_kubectl(kubectl, "create", "-f", "-", objects=objects)
    assert (said.status, said.errors) == (0, "")


@pytest.mark.usefixtures("no_refusals", "outage")
def test_pods_without_inline_volumes_are_not_held_up(client: Client, team: str) -> None:
    with_template = template(storageClassName="own", **SIZE, **MODES)
    for name, source in {"claim": {"persistentVolumeClaim": {"claimName": "a"}}, "template": with_template}.items():
        client.create(resources.PODS, pod(name, team, source, nodeSelector=NOWHERE))


@pytest.mark.usefixtures("no_refusals", "outage")
def test_a_pod_is_let_in_ungated_and_gets_its_directory_all_the_same(
    client: Client, team: str, export_root: Path, stand_in: dict[str, str]
) -> None:
    made = client.create(resources.PODS, pod("a", team, nfs(f"{team}/a"), nodeSelector=stand_in))
    assert not sequence(made, "spec", "schedulingGates")
    wait_for("the directory", (export_root / team / "a").is_dir, WITHIN)


def test_a_pod_that_a_profile_might_have_refused_is_refused(
    installation: Installation, make_team: MakeNamespace, kubectl: Kubectl
) -> None:
    team = make_team("deny")
    with installation.without(WEBHOOK):
        said = run_kubectl(kubectl, "create", "-f", "-", objects=[pod("a", team, nfs("x"))])
    assert said.status == 1
    assert 'failed calling webhook "refusals.nfs-steward.io"' in said.errors


@pytest.mark.usefixtures("no_refusals")
def test_a_webhook_that_hangs_holds_a_pod_up_for_its_two_seconds_and_no_longer(
    installation: Installation, client: Client, team: str
) -> None:
    running = installation.programs[WEBHOOK].process
    kill_group = running.supervisor.send_signal
    kill_group(running.pid, signal.SIGSTOP, group=True)
    try:
        started = time.monotonic()
        client.create(resources.PODS, pod("a", team, nfs("x"), nodeSelector=NOWHERE))
        took = time.monotonic() - started
    finally:
        kill_group(running.pid, signal.SIGCONT, group=True)
    assert 1.9 < took < NO_DEFAULT


def test_what_was_created_meanwhile_is_healed(
    installation: Installation, client: Client, make_namespace: MakeNamespace, team: str
) -> None:
    newcomers = make_namespace()
    with installation.without(WEBHOOK, HEALER):
        client.create(resources.CLAIMS, whole_claim("classless", newcomers))
        for name in ("static", "chosen"):
            client.create(resources.CLAIMS, whole_claim(name, newcomers, storageClassName=""))
        label = {"metadata": {"labels": {keys.INJECT: keys.INJECT_ENABLED}}}
        client.patch(resources.NAMESPACES, newcomers, label, type="merge")
        for name in ("static", "chosen"):
            options = {"mountOptions": ["soft"]} if name == "chosen" else {}
            reserved = volume(f"{newcomers}-{name}", nfs(f"{newcomers}/x"), reserved_for=(newcomers, name), **options)
            made = client.create(resources.VOLUMES, reserved)
            assert made["spec"].get("mountOptions") == options.get("mountOptions")

    with recording(client, resources.CLAIMS, newcomers) as claims, recording(client, resources.VOLUMES) as volumes:
        healed = claims.wait_for("the claim's class", lambda now: has_class(now["classless"]), WITHIN)
        static = volumes.wait_for("the volume's options", lambda now: has_options(now[f"{newcomers}-static"]), WITHIN)
        chosen = volumes.latest[f"{newcomers}-chosen"]
    assert healed["spec"]["storageClassName"] == "nfs"
    assert annotations(healed)[keys.FILLED] == "spec.storageClassName"
    assert static["spec"]["mountOptions"][-2:] == ["hard", "noatime"]
    assert any(option.startswith("port=") for option in static["spec"]["mountOptions"])
    assert chosen["spec"]["mountOptions"] == ["soft"]


def has_class(obj: Json) -> Json | None:
    return obj if obj["spec"].get("storageClassName") else None


def has_options(obj: Json) -> Json | None:
    return obj if obj["spec"].get("mountOptions") else None
