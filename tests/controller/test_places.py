"""Places on an export that several claims want: who gets one, and when the next one does."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.export.operations import SystemCalls
from controller.options import Seams
from controller.process import ControllerProcess

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]

CORE = "/api/v1"
CLAIMS, VOLUMES = f"{CORE}/namespaces/team-a/persistentvolumeclaims", f"{CORE}/persistentvolumes"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


@pytest.fixture
def api_with_one_place(api: Any) -> Any:
    """An API server with a class that has one place for each namespace."""
    parameters = {"export": "main", "pathPattern": "${.PVC.namespace}/data"}
    api.put(f"{CLASSES}/narrow", {"provisioner": "nfs-steward.io/provisioner", "parameters": parameters})
    return api


def refuse_volumes(method: str, path: str) -> int | None:
    """A server on which somebody forbids new volumes."""
    return 403 if (method, path) == ("POST", VOLUMES) else None


def touch(api: Any, name: str) -> None:
    """Change a claim's labels, as its author may."""
    claim = api.objects[f"{CLAIMS}/{name}"]
    api.put(f"{CLAIMS}/{name}", {**claim, "metadata": {**claim["metadata"], "labels": {"touched": "yes"}}})


class Held(SystemCalls):
    """Makes no directory before it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.let_go = threading.Event()

    def make_child(self, parent: int, name: str, mode: int) -> None:
        self.asked.set()
        self.let_go.wait(60.0)
        super().make_child(parent, name, mode)


@pytest.fixture
def held() -> Iterator[Held]:
    calls = Held()
    yield calls
    calls.let_go.set()


def test_a_place_is_taken_before_its_directory_is_made(
    api_with_one_place: Any, start_controller: Start, eventually: Eventually, held: Held
) -> None:
    """Or what holds the directory to the size of the first claim would be raised to that of the second."""
    api = api_with_one_place
    api.claim("first", storageClassName="narrow")
    start_controller(Seams(operations=lambda _: held))
    assert held.asked.wait(60.0)
    api.claim("second", storageClassName="narrow")

    eventually(lambda: any("volume pvc-uid-of-first already uses it" in why for _, why in api.events("second")))
    held.let_go.set()
    eventually(lambda: f"{VOLUMES}/pvc-uid-of-first" in api.objects)
    assert f"{VOLUMES}/pvc-uid-of-second" not in api.objects


def test_a_place_is_taken_before_its_volume_exists(
    api_with_one_place: Any, start_controller: Start, eventually: Eventually
) -> None:
    api = api_with_one_place
    api.refuse = refuse_volumes
    api.claim("first", storageClassName="narrow")
    start_controller()
    eventually(lambda: "ProvisioningFailed" in api.reasons("first"))
    api.claim("second", storageClassName="narrow")

    eventually(lambda: any("volume pvc-uid-of-first already uses it" in why for _, why in api.events("second")))


def test_a_place_is_free_again_when_the_claim_that_took_it_goes_without_a_volume(
    api_with_one_place: Any, start_controller: Start, eventually: Eventually, exported: dict[str, Path]
) -> None:
    api = api_with_one_place
    api.refuse = refuse_volumes
    api.claim("first", storageClassName="narrow")
    start_controller()
    eventually(lambda: "ProvisioningFailed" in api.reasons("first"))
    api.remove(f"{CLAIMS}/first")
    api.refuse = lambda _method, _path: None
    api.claim("second", storageClassName="narrow")

    eventually(lambda: f"{VOLUMES}/pvc-uid-of-second" in api.objects)
    assert f"{VOLUMES}/pvc-uid-of-first" not in api.objects
    assert (exported["main"] / "team-a" / "data").is_dir()


def test_a_place_is_free_again_when_the_claim_that_took_it_is_bound_to_another_volume(
    api_with_one_place: Any, start_controller: Start, eventually: Eventually
) -> None:
    api = api_with_one_place
    api.refuse = refuse_volumes
    api.claim("first", storageClassName="narrow")
    start_controller()
    eventually(lambda: "ProvisioningFailed" in api.reasons("first"))
    claim = api.objects[f"{CLAIMS}/first"]
    api.put(
        f"{CLAIMS}/first",
        {**claim, "spec": {**claim["spec"], "volumeName": "another"}, "status": {"phase": "Bound"}},
    )
    api.claim("second", storageClassName="narrow")

    eventually(lambda: any("The API server refuses it" in why for _, why in api.events("second")))


def test_a_claim_that_was_refused_is_served_when_its_marks_change(
    api: Any, start_controller: Start, eventually: Eventually, exported: dict[str, Path]
) -> None:
    parameters = {"export": "main", "pathPattern": "marked/${.PVC.labels.touched}"}
    api.put(f"{CLASSES}/marked", {"provisioner": "nfs-steward.io/provisioner", "parameters": parameters})
    api.claim("data", storageClassName="marked")
    start_controller()
    eventually(lambda: any("label touched" in why for _, why in api.events("data")))
    touch(api, "data")

    eventually(lambda: f"{VOLUMES}/pvc-uid-of-data" in api.objects)
    assert (exported["main"] / "marked" / "yes").is_dir()
