"""Claims that ask for more, and for less again, on a real API server with its own controllers about."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from controller.decisions.actions import GrowVolume, PatchEffect
from controller.decisions.expansion import ExpansionFacts, decide_expansion
from kube import resources
from kube.client import Client
from kube.connection import connect
from kube.errors import Invalid
from policy.shapes import Json, mapping, sequence, text
from runtime.policyfile import PolicyFile
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .installation import MAIN, Installation
from .objects import nfs, phase, volume, whole_claim

CLASS = "nfs-growing"

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


@pytest.fixture
def dead_with_the_volume(
    client: Client, team: str, installation: Installation, ask: Callable[[str, str], Json]
) -> Callable[[str, str], AbstractContextManager[None]]:
    """Has a claim ask for this size. For the block nobody serves the export, and the claim has had the effects of its
    controller, with its account, up to the one that grows the volume: as if the controller had died with that.
    """
    product = installation.product
    account, policy = connect(product.kubeconfig("export")), PolicyFile(product.policy_file).current
    storage_class = client.get(resources.STORAGE_CLASSES, CLASS)

    def next_effect(name: str) -> PatchEffect:
        claim = account.get(resources.CLAIMS, name, team)
        volume = account.get(resources.VOLUMES, claim["spec"]["volumeName"])
        facts = ExpansionFacts(policy.exports[0], ("x",), volume, storage_class, datetime.now(UTC))
        (effect, *_) = decide_expansion(claim, facts, {})
        assert isinstance(effect, PatchEffect)
        return effect

    @contextmanager
    def dead(name: str, size: str) -> Iterator[None]:
        with installation.without(MAIN):
            ask(name, size)
            effect = None
            while not isinstance(effect, GrowVolume):
                effect = next_effect(name)
                about, how = effect.about, {"subresource": effect.subresource, "type": "json"}
                account.patch(effect.resource, about.name, effect.patch, about.namespace, **how)
            yield

    return dead


@pytest.fixture
def counted(client: Client, team: str) -> Callable[[], str | None]:
    """What a ResourceQuota has counted of the team's claims since this was asked: one that has changed counts anew."""
    head = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "counting", "namespace": team}}
    client.create(resources.RESOURCE_QUOTAS, {**head, "spec": {"hard": {"requests.storage": "1Ti"}}})
    numbers = count(2)

    def status() -> Mapping[str, Any]:
        return mapping(client.get(resources.RESOURCE_QUOTAS, "counting", team), "status")

    def count_anew() -> str | None:
        hard = {"requests.storage": f"{next(numbers)}Ti"}
        client.patch(resources.RESOURCE_QUOTAS, "counting", {"spec": {"hard": hard}}, team, type="merge")
        wait_for("the quota to count anew", lambda: status().get("hard") == hard, WITHIN)
        return text(status(), "used", "requests.storage")

    return count_anew


def test_a_request_lowered_after_a_death_in_the_middle_ends_with_what_the_volume_has_which_quotas_count_all_along(
    client: Client, team: str, bound, ask, dead_with_the_volume, counted
) -> None:
    name = bound("data")
    with dead_with_the_volume(name, "100Gi"):
        ask(name, "2Gi")
        assert sizes(client, team, name) == ("100Gi", "1Gi", "100Gi")
        assert counted() == "100Gi"
    wait_for("100Gi", lambda: sizes(client, team, name) == ("100Gi", "100Gi", "100Gi"), WITHIN)
    assert counted() == "100Gi"


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
