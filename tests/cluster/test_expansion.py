"""Claims that ask for more, and for less again, on a real API server with its own controllers about."""

from collections.abc import Callable

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Invalid
from policy.shapes import Json, mapping, sequence, text
from testbed.waiting import wait_for

from .installation import MAIN, Installation
from .objects import nfs, phase, volume, whole_claim

CLASS = "nfs-growing"
WITHIN = 60.0

MakeClaim = Callable[..., str]


@pytest.fixture
def bound(client: Client, team: str, installation: Installation) -> MakeClaim:
    """Makes a claim of 1Gi and waits until it is bound; returns its name."""

    def make(name: str, **spec: object) -> str:
        client.create(resources.CLAIMS, whole_claim(name, team, **{"storageClassName": CLASS, **spec}))
        wait_for(f"{name} to be bound", lambda: phase(client.get(resources.CLAIMS, name, team)) == "Bound", WITHIN)
        return name

    return make


@pytest.fixture
def ask(client: Client, team: str) -> Callable[[str, str], Json]:
    """Has a claim ask for another size."""

    def patch(name: str, size: str) -> Json:
        wanted = {"spec": {"resources": {"requests": {"storage": size}}}}
        return client.patch(resources.CLAIMS, name, wanted, team, type="merge")

    return patch


def sizes(client: Client, namespace: str, name: str) -> tuple[str | None, ...]:
    """What the volume has, what the claim says, and what quotas count."""
    claim = client.get(resources.CLAIMS, name, namespace)
    volume = client.get(resources.VOLUMES, text(claim, "spec", "volumeName") or "")
    status = mapping(claim, "status")
    said = (text(status, "capacity", "storage"), text(status, "allocatedResources", "storage"))
    return (text(volume, "spec", "capacity", "storage"), *said)


def told(client: Client, namespace: str, name: str) -> list[str]:
    events = client.list(resources.EVENTS, namespace, field_selector=f"involvedObject.name={name}").items
    return [event["reason"] for event in events]


def test_a_claim_grows_and_grows_again_and_cannot_shrink(client: Client, team: str, bound, ask) -> None:
    name = bound("data")
    for size in ("2Gi", "3Gi"):
        ask(name, size)
        wait_for(f"{size}", lambda size=size: sizes(client, team, name) == (size, size, size), WITHIN)
    wait_for("the Event", lambda: "VolumeExpanded" in told(client, team, name), WITHIN)
    status = mapping(client.get(resources.CLAIMS, name, team), "status")
    assert "allocatedResourceStatuses" not in status
    assert not {each["type"] for each in sequence(status, "conditions")} & {"Resizing", "FileSystemResizePending"}
    with pytest.raises(Invalid, match=r"less than status\.capacity"):
        ask(name, "2Gi")


def test_a_request_lowered_before_anything_was_done_is_what_counts(
    client: Client, team: str, installation: Installation, bound, ask
) -> None:
    name = bound("data")
    with installation.without(MAIN):
        ask(name, "100Gi")
        ask(name, "2Gi")
    wait_for("2Gi", lambda: sizes(client, team, name) == ("2Gi", "2Gi", "2Gi"), WITHIN)


def test_a_request_lowered_between_the_two_writes_ends_with_what_the_volume_has(
    client: Client, team: str, installation: Installation, bound, ask
) -> None:
    name = bound("data")
    with installation.without(MAIN):
        claim = ask(name, "100Gi")
        grown = {"spec": {"capacity": {"storage": "100Gi"}}}
        client.patch(resources.VOLUMES, claim["spec"]["volumeName"], grown, type="merge")
        ask(name, "2Gi")
    wait_for("100Gi", lambda: sizes(client, team, name) == ("100Gi", "100Gi", "100Gi"), WITHIN)


def test_a_size_that_somebody_sets_by_hand_stays(client: Client, team: str, bound, ask) -> None:
    name = bound("data")
    claim = client.get(resources.CLAIMS, name, team)
    larger = {"spec": {"capacity": {"storage": "50Gi"}}}
    client.patch(resources.VOLUMES, claim["spec"]["volumeName"], larger, type="merge")
    ask(name, "2Gi")
    wait_for("the claim to say so", lambda: sizes(client, team, name) == ("50Gi", "50Gi", "50Gi"), WITHIN)


def test_a_static_volume_does_not_grow(client: Client, team: str, bound, ask) -> None:
    name = f"{team}-static"
    static = volume(name, nfs(f"{team}-static"), reserved_for=(team, "static"), storageClassName=CLASS)
    client.create(resources.VOLUMES, static)
    bound("static", volumeName=name)
    bound("data")
    ask("static", "2Gi")
    ask("data", "2Gi")
    wait_for("the other one to grow", lambda: sizes(client, team, "data")[0] == "2Gi", WITHIN)
    assert sizes(client, team, "static")[:2] == ("1Gi", "1Gi")
