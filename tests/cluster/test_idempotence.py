"""Whatever people write: the API server takes it as it would without us, what they wrote stays, and once is enough.

Nothing is stored: each object is tried in a namespace that is opted in and in one that is not.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

from kube import resources
from kube.client import Client
from kube.errors import ApiError
from kube.resources import Resource
from policy import keys
from policy.shapes import Json
from testbed.kubectl import Kubectl

from .conftest import MakeNamespace
from .generated import CLAIMS, PODS, VOLUMES
from .installation import INERT
from .objects import whole_claim

Path = tuple[str | int, ...]

OWN_MARK = ("metadata", "annotations", keys.FILLED)
"""The list of what was filled in is ours to write, whoever else has written it."""

PLACES = {("metadata", "namespace"), ("spec", "claimRef", "namespace")}
"""In these the objects that are compared have to differ."""

FILLED_IN = {
    *(("metadata", "annotations", key) for key in (keys.FILLED, keys.EFFECTIVE_MOUNT_OPTIONS)),
    ("metadata", "labels", keys.INLINE),
    ("spec", "storageClassName"),
    ("spec", "mountOptions"),
    ("spec", "schedulingGates"),
}
TEMPLATE = ("ephemeral", "volumeClaimTemplate")
"""Where a Pod's volume holds the template of a claim, of which the same may be filled in."""

GIVEN_BY_THE_SERVER = ("uid", "creationTimestamp", "managedFields", "resourceVersion", "generation")

ENOUGH = 50
"""Of the examples, how many the API server must have accepted: else they show nothing."""


@pytest.fixture(scope="module")
def namespaces(make_team: MakeNamespace, make_namespace: MakeNamespace, kubectl: Kubectl) -> tuple[str, str]:
    """An opted-in namespace and one that is not, each with a claim that asks for mount options."""
    both = make_team(INERT), make_namespace()
    asks = {"annotations": {keys.MOUNT_OPTIONS: "rsize=65536"}}
    kubectl.create(*(whole_claim("asking", namespace, meta=asks) for namespace in both))
    return both


@pytest.mark.parametrize(
    ("resource", "objects"),
    [
        pytest.param(resources.CLAIMS, CLAIMS, id="claims"),
        pytest.param(resources.VOLUMES, VOLUMES, id="volumes"),
        pytest.param(resources.PODS, PODS, id="Pods"),
    ],
)
def test_whatever_people_write(
    client: Client, namespaces: tuple[str, str], resource: Resource, objects: SearchStrategy[Json]
) -> None:
    accepted = 0
    team, strangers = namespaces

    def tried(obj: Json, namespace: str) -> Json | None:
        placed = in_namespace(resource, obj, namespace)
        try:
            return client.create(resource, placed, dry_run=True)
        except ApiError:
            return None

    @settings(max_examples=200)
    @given(obj=objects)
    def holds(obj: Json) -> None:
        nonlocal accepted
        without, with_us = tried(obj, strangers), tried(obj, team)
        if without is None:
            return
        accepted += 1
        assert with_us is not None, "accepted without us, and refused with us"
        assert_kept(obj, without, with_us)
        assert_minimal(without, with_us)
        again = tried(stripped(with_us), team)
        assert again is not None
        assert stripped(again) == stripped(with_us)

    holds()
    assert accepted >= ENOUGH


def in_namespace(resource: Resource, obj: Json, namespace: str) -> Json:
    """The object, placed there; a volume is placed where its claim is."""
    placed = deepcopy(obj)
    holder = placed["metadata"] if resource.namespaced else placed["spec"]["claimRef"]
    holder["namespace"] = namespace
    return placed


def stripped(obj: Json) -> Json:
    """The object as a person would write it down from what the API server shows."""
    kept = {key: value for key, value in obj["metadata"].items() if key not in GIVEN_BY_THE_SERVER}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": kept, "spec": obj["spec"]}


def assert_kept(written: Json, without: Json, with_us: Json) -> None:
    """All that was written is the same with us and without us."""
    for path in leaves(written):
        if path != OWN_MARK and path not in PLACES:
            assert at(with_us, path) == at(without, path), path


def assert_minimal(without: Json, with_us: Json) -> None:
    """What differs is what we fill in, and nothing else."""
    without, with_us = stripped(without), stripped(with_us)
    for path in {*leaves(without), *leaves(with_us)} - PLACES:
        if at(without, path) != at(with_us, path):
            assert within_template(path)[:3] in FILLED_IN or within_template(path)[:2] in FILLED_IN, path


def within_template(path: Path) -> Path:
    """The path as seen from the claim template that it leads into, if it does."""
    return path[5:] if path[3:5] == TEMPLATE else path


def leaves(obj: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of all values that are neither objects nor lists."""
    if isinstance(obj, dict):
        for key, value in obj.items():
            yield from leaves(value, (*path, key))
    elif isinstance(obj, list):
        for index, value in enumerate(obj):
            yield from leaves(value, (*path, index))
    elif obj is not None:
        yield path


def at(obj: Any, path: Path) -> Any:
    """The value at a path; None where there is none."""
    for step in path:
        try:
            obj = obj[step]
        except (KeyError, IndexError, TypeError):
            return None
    return obj
