"""Volumes whose claims are gone, with a real folder as the export: a controller that dies between any two effects, a
policy that has another name for the export, and ten thousand volumes for which there is nothing to do.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.export.operations import SystemCalls
from controller.options import Seams
from controller.process import ControllerProcess
from policy import keys
from policy.paths import RESERVED
from tests.lives import Life, MortalCalls, WritingApi
from tests.settled import settled
from tests.waiting import WITHIN

from .conftest import VOLUMES, ApiServer

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]
Json = dict[str, Any]

MUTATING = frozenset(
    {"make_child", "move", "move_directory", "remove_file", "remove_directory", "create_file", "unlock", "write"}
)


def mortal(life: Life) -> Seams:
    """Where a life ends: after any change of the export, or write to the API."""
    return Seams(
        operations=lambda real: MortalCalls(real, life, MUTATING.__contains__), api=lambda real: WritingApi(real, life)
    )


def put_volume(api: ApiServer, name: str, on_delete: str = "delete", phase: str = "Released", **spec: Any) -> None:
    """Put a volume of ours on the export `main`, whose claim is gone."""
    marks = {keys.PROVISIONED_BY: keys.PROVISIONER, keys.ON_DELETE: on_delete}
    usual = {
        "capacity": {"storage": "1Gi"},
        "claimRef": {"namespace": "team-a", "name": name, "uid": f"claim-of-{name}"},
        "mountOptions": ["hard"],
        "nfs": {"server": "10.0.0.5", "path": f"/nfs/data/{name}"},
        "persistentVolumeReclaimPolicy": "Delete",
    }
    metadata = {"annotations": marks, "finalizers": [keys.DATA_FINALIZER]}
    api.put(f"{VOLUMES}/{name}", {"metadata": metadata, "spec": {**usual, **spec}, "status": {"phase": phase}})


def fill(root: Path, name: str) -> None:
    """Put data into a volume's directory."""
    (root / name / "deep").mkdir(parents=True)
    (root / name / "deep" / "data").write_text(name)


def volumes(api: ApiServer) -> set[str]:
    with api.changed:
        return {path.rsplit("/", 1)[1] for path in api.objects if path.startswith(f"{VOLUMES}/")}


def data(root: Path) -> list[str]:
    """Where data lies, below the root, without the names that archives get."""
    found = (file.relative_to(root).parts for file in root.rglob("data") if file.is_file())
    return sorted("/".join((*parts[:2], "*", *parts[3:]) if parts[0] == RESERVED else parts) for parts in found)


ARCHIVED = f"{RESERVED}/archives/*/data/deep/data"
EFFECTS = 30
"""As many as it takes, and more: the last lives have nothing left to do."""


@pytest.fixture
def ends(api: ApiServer, exported: dict[str, Path]) -> Path:
    """A volume for each thing that can become of data; the export's root."""
    root = exported["main"]
    for name, on_delete in (("deleted", "delete"), ("archived", "archive"), ("kept", "retain")):
        fill(root, name)
        put_volume(api, name, on_delete)
    return root


def is_done(api: ApiServer, root: Path) -> bool:
    """Whether what was to go is gone, what was to stay is there, and nothing is left half done."""
    if volumes(api) != {"kept"} or data(root) != [ARCHIVED, "kept/deep/data"]:
        return False
    area = {folder: len(list((root / RESERVED / folder).iterdir())) for folder in ("aside", "archives", "doomed")}
    return area == {"aside": 0, "archives": 1, "doomed": 0}


def test_an_uninterrupted_life_has_no_more_effects_than_the_interrupted_ones_are_cut_at(
    api: ApiServer, ends: Path, start_controller: Start, eventually: Eventually
) -> None:
    life = Life(EFFECTS)
    start_controller(mortal(life))

    eventually(lambda: is_done(api, ends))
    assert not life.attempted


@pytest.mark.parametrize("effects", range(EFFECTS))
def test_dying_after_any_effect_and_starting_again_leads_to_the_same_end(
    api: ApiServer, ends: Path, start_controller: Start, eventually: Eventually, effects: int
) -> None:
    life = Life(effects)
    first = start_controller(mortal(life))
    eventually(lambda: life.attempted or is_done(api, ends))
    first.stop()

    start_controller()

    eventually(lambda: is_done(api, ends))


def test_another_name_of_the_export_makes_no_difference(
    api: ApiServer, start_controller: Start, exported: dict[str, Path], eventually: Eventually, policy_file: Path
) -> None:
    fill(exported["main"], "deleted")
    put_volume(api, "deleted")
    policy_file.write_text(policy_file.read_text().replace("name: main", "name: renamed"))

    start_controller(exports={"renamed": exported["main"]})

    eventually(lambda: volumes(api) == set())
    assert data(exported["main"]) == []


def test_an_export_that_has_moved_leaves_the_data_and_says_so(
    api: ApiServer, start_controller: Start, exported: dict[str, Path], eventually: Eventually, policy_file: Path
) -> None:
    fill(exported["main"], "left")
    put_volume(api, "left")
    policy_file.write_text(policy_file.read_text().replace("path: /nfs/data", "path: /nfs/elsewhere"))

    start_controller()

    eventually(lambda: "DataRetained" in api.reasons("left"))
    assert volumes(api) == {"left"}
    assert data(exported["main"]) == ["left/deep/data"]


def test_of_two_volumes_that_share_their_data_one_takes_it_however_close_their_ends_are(
    api: ApiServer, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    """The later by name ends first, and is held up where it leaves the data to the other, which ends just then."""
    begun, seen = threading.Event(), threading.Event()

    def hold_up(method: str, path: str) -> None:
        if (method, path) == ("PATCH", f"{VOLUMES}/z"):
            begun.set()
            assert seen.wait(WITHIN)

    api.refuse = hold_up
    fill(exported["main"], "shared")
    shared = {"nfs": {"server": "10.0.0.5", "path": "/nfs/data/shared"}}
    put_volume(api, "a", phase="Bound", **shared)
    put_volume(api, "z", **shared)
    process = start_controller()
    eventually(begun.is_set)
    put_volume(api, "a", **shared)
    eventually(lambda: volumes(api) == {"z"} or settled(process, "export-main", "volume", "later"))
    seen.set()

    eventually(lambda: volumes(api) == set())
    assert data(exported["main"]) == []


MANY = 10_000


class Untouchable(SystemCalls):
    """The real system calls, but for those that change something: there are none."""

    def __getattribute__(self, name: str) -> Any:
        assert name not in MUTATING, name
        return super().__getattribute__(name)


def test_where_there_is_nothing_to_do_nothing_is_written_and_nothing_touched(
    api: ApiServer, start_controller: Start, eventually: Eventually
) -> None:
    """Everything has been looked at when a volume that is put last of all has its Event."""
    retain = {"persistentVolumeReclaimPolicy": "Retain"}
    for number in range(MANY // 2):
        put_volume(api, f"used-{number}", phase="Bound")
        put_volume(api, f"kept-{number}", "retain", **retain)
        api.objects[f"{VOLUMES}/kept-{number}"]["metadata"]["finalizers"] = []
    read: set[str] = set()
    api.refuse = lambda _method, path: read.add(path) if path.startswith(f"{VOLUMES}/") else None

    put_volume(api, "said", "?", nfs={"server": "10.0.0.5", "path": "/nfs/data"})
    start_controller(Seams(operations=lambda _real: Untouchable()))

    eventually(lambda: "DataRetained" in api.reasons("said"))
    assert read == {f"{VOLUMES}/said"}
    assert len(api.writes) == len(api.reasons("said"))
