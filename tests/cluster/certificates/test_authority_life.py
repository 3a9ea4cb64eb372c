"""A whole life of an authority on a real API server: from its making until it is dropped nobody is refused."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certs.bundles import readable_certificates
from kube import resources
from kube.client import Client
from kube.errors import ApiError
from policy import keys
from policy.shapes import annotations
from testbed.bed import Testbed
from testbed.waiting import wait_for
from tests.cluster.objects import whole_claim
from tests.waiting import WITHIN

from .asking import Findings, asking_all_the_time, shake_hands
from .scene import MUTATING, VALIDATING, Scene

LIFE = 80
"""Seconds of an authority, which is replaced after 53."""
LIFETIMES = f"40,{LIFE}"
"""Of a certificate, and of the authority."""


@pytest.fixture
def scene(testbed: Testbed, client: Client, tmp_path: Path) -> Iterator[Scene]:
    """Replicas that run and wait for their certificate; nobody makes one yet, and nobody calls them."""
    scene = Scene(testbed, client, "rotating", tmp_path / "rotating")
    scene.prepare()
    try:
        with scene.running():
            yield scene
    finally:
        scene.disconnect()


def test_nobody_is_refused_in_a_whole_life_of_an_authority(scene: Scene, client: Client) -> None:
    findings = Findings()

    def create_a_claim() -> None:
        made = client.create(resources.CLAIMS, whole_claim("tried", scene.team), dry_run=True)
        assert annotations(made)[keys.FILLED]

    def connect_to(number: int) -> None:
        bundle = scene.bundle(MUTATING)
        findings.bundles.add(bundle)
        serial = shake_hands(scene.addresses[number], scene.host, bundle)
        findings.serials.setdefault(f"replica {number}", set()).add(serial)

    with scene.controller(LIFETIMES):
        scene.configure()
        wait_for("the bundles", lambda: scene.bundle(MUTATING) and scene.bundle(VALIDATING), WITHIN)
        (first,) = readable_certificates(scene.authorities)
        findings.bundles.add(scene.bundle(MUTATING))
        wait_for("both replicas", lambda: all(_serves(scene, number) for number in (0, 1)), WITHIN)
        wait_for("a first claim", lambda: _works(create_a_claim), WITHIN)
        with asking_all_the_time(
            findings,
            claims=create_a_claim,
            more_claims=create_a_claim,
            replica_0=lambda: connect_to(0),
            replica_1=lambda: connect_to(1),
        ):
            wait_for("its end", lambda: first not in readable_certificates(scene.bundle(MUTATING)), LIFE + WITHIN)
            findings.go_on(100)
    assert findings.wrong == []
    # The first, its renewal, and the successor's; the first authority, both, and the successor.
    assert all(len(serials) >= 3 for serials in findings.serials.values()), findings.serials
    assert len(findings.bundles) == 3


def _serves(scene: Scene, number: int) -> bool:
    try:
        return shake_hands(scene.addresses[number], scene.host, scene.bundle(MUTATING)) > 0
    except OSError:
        return False


def _works(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (ApiError, KeyError):
        return False
    return True
