"""Keeping the certificate on a real API server, with watches, Events and field selectors as they really are."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from controller.certificates.manifests import MANAGED_BY
from kube import resources
from kube.client import Client
from policy.shapes import Json
from testbed.bed import Testbed
from testbed.product.product import Running
from testbed.waiting import wait_for
from tests.cluster.installation import metrics
from tests.waiting import WITHIN

from .configurations import KINDS
from .scene import MUTATING, Scene

LIFETIMES = "3600,7200"
_NUMBERS = count(1)


@pytest.fixture
def scene(testbed: Testbed, client: Client, tmp_path: Path) -> Iterator[Scene]:
    """A Service and the objects of its Pods; no process serves."""
    scene = Scene(testbed, client, f"kept-{next(_NUMBERS)}", tmp_path / "kept")
    scene.prepare()
    yield scene
    scene.disconnect()


@pytest.fixture
def controller(scene: Scene) -> Iterator[Running]:
    """One that leads."""
    with scene.controller(LIFETIMES) as running:
        wait_for("leading", lambda: "[+]lease-cluster ok: leading" in (running.readiness() or ""), WITHIN)
        yield running


def is_published(scene: Scene) -> bool:
    return all(scene.bundle(kind) == scene.authorities for kind in KINDS)


@pytest.fixture
def published(scene: Scene, controller: Running) -> Running:
    """A certificate has been made, and its authority published."""
    scene.configure()
    wait_for("the Secret", lambda: scene.bundle(MUTATING), WITHIN)
    wait_for("the bundles", lambda: is_published(scene), WITHIN)
    return controller


@pytest.mark.usefixtures("published")
def test_configurations_that_went_and_come_back_carry_the_same_bundle(scene: Scene) -> None:
    version = scene.secret["metadata"]["resourceVersion"]
    scene.disconnect()
    time.sleep(1.5)  # some looks
    assert all(scene.bundle(kind) == b"" for kind in KINDS)
    scene.configure()
    wait_for("the bundles", lambda: is_published(scene), WITHIN)
    assert scene.secret["metadata"]["resourceVersion"] == version


@pytest.mark.usefixtures("published")
def test_nothing_is_written_while_all_is_well(scene: Scene, client: Client) -> None:
    def versions() -> list[str]:
        objects = [scene.secret, *(client.get(each, scene.name) for each in KINDS.values())]
        return [obj["metadata"]["resourceVersion"] for obj in objects]

    before = versions()
    time.sleep(2)  # four looks
    assert versions() == before


def test_another_controller_goes_on_with_the_same_authority(scene: Scene, published: Running) -> None:
    before = scene.secret["data"]
    published.process.kill()
    with scene.controller(LIFETIMES) as successor:
        # The Lease of the one that was killed has to run out first.
        wait_for("all is well", lambda: "[+]certificates ok: all is well" in (successor.readiness() or ""), WITHIN)
    assert scene.secret["data"] == before


def test_the_page_and_the_metrics_tell_how_it_is(published: Running) -> None:
    wait_for("all is well", lambda: "[+]certificates ok: all is well" in (published.readiness() or ""), WITHIN)
    shown = {
        sample.labels["certificate"]: sample.value
        for sample in metrics(published)
        if sample.name == "nfs_steward_certificate_expiry_timestamp_seconds"
    }
    assert 3000 < shown["serving"] - time.time() < 3700
    assert 6600 < shown["authority"] - time.time() < 7300


@pytest.mark.usefixtures("controller")
def test_a_secret_of_somebody_else_is_left_alone_and_an_event_says_so(scene: Scene, client: Client) -> None:
    theirs = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{scene.name}-tls", "namespace": scene.name, "labels": {MANAGED_BY: "somebody"}},
        "stringData": {"tls.crt": "theirs"},
    }
    made = client.create(resources.SECRETS, theirs)
    scene.configure()
    (event,) = wait_for("an Event", lambda: warnings_about(client, made), WITHIN)
    assert event["reason"] == "CertificateNotKept"
    assert "says app.kubernetes.io/managed-by: somebody" in event["message"]
    assert scene.secret["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    assert scene.bundle(MUTATING) == b""


def warnings_about(client: Client, obj: Json) -> list[Json]:
    """The Warning Events about an object."""
    about = f"involvedObject.uid={obj['metadata']['uid']},type=Warning"
    return list(client.list(resources.EVENTS, obj["metadata"]["namespace"], field_selector=about).items)
