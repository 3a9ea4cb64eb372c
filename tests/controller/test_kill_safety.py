"""A controller that dies between any two of its effects, and another that starts in its place.

In one process, death is an effect after which nothing that the controller does has any effect. A process that really
ends is tried once: the seams are the same.
"""

import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.export.operations import SystemCalls
from controller.options import Seams
from controller.process import ControllerProcess
from policy.paths import RESERVED
from tests.lives import Life, MortalApi

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]
Json = dict[str, Any]

CORE = "/api/v1"
TEAM = f"{CORE}/namespaces/team-a"


def mortal(life: Life) -> Seams:
    """Where a life ends: after any effect, be it on the export or on the API."""
    return Seams(lambda _real: CountedCalls(life), lambda real: MortalApi(real, life))


class CountedCalls(SystemCalls):
    def __init__(self, life: Life) -> None:
        self._life = life

    def make_child(self, parent: int, name: str, mode: int) -> None:
        self._life.spend()
        super().make_child(parent, name, mode)

    def set_owner(self, directory: int, uid: int, gid: int) -> None:
        self._life.spend()
        super().set_owner(directory, uid, gid)

    def set_mode(self, directory: int, mode: int) -> None:
        self._life.spend()
        super().set_mode(directory, mode)


@pytest.fixture
def work(api: Any) -> Any:
    """One of everything that leads to effects."""
    api.claim("provisioned", storageClassName="ours")
    api.claim("classless")
    api.claim("static", volumeName="static")
    api.static_volume("static", "/nfs/data/static/sub")
    api.pod("web", "/nfs/data/web/sub")
    return api


DIRECTORIES = {
    "static": 0o2771,
    "static/sub": 0o2770,
    "team-a-classless-pvc-uid-of-classless": 0o2770,
    "team-a-provisioned-pvc-uid-of-provisioned": 0o2770,
    "web": 0o2771,
    "web/sub": 0o2770,
}
"""With their modes: what is on the way to others can be walked through."""
EFFECTS = 23
"""How many effects it takes: a mkdir and a chmod for each directory, six Events, five writes."""


def is_done(api: Any, root: Path) -> bool:
    """Whether all that `work` needs has been done, and rightly."""
    objects = api.objects
    theirs = (each for each in root.rglob("*") if RESERVED not in each.parts)
    modes = {str(each.relative_to(root)): stat.S_IMODE(each.stat().st_mode) for each in theirs}
    return (
        modes == DIRECTORIES
        and {f"{CORE}/persistentvolumes/pvc-uid-of-{name}" for name in ("provisioned", "classless")} <= objects.keys()
        and objects[f"{TEAM}/persistentvolumeclaims/classless"]["spec"].get("storageClassName") == "ours"
        and objects[f"{CORE}/persistentvolumes/static"]["spec"].get("mountOptions") == ["hard", "noatime"]
        and api.gates("web") == []
    )


def test_an_uninterrupted_life_has_as_many_effects_as_the_interrupted_ones_are_cut_at(
    work: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    life = Life(None)
    process = start_controller(mortal(life))
    eventually(lambda: is_done(work, exported["main"]) and life.done >= EFFECTS)  # Events come last
    process.stop()

    assert life.done == EFFECTS


@pytest.mark.parametrize("effects", range(EFFECTS))
def test_dying_after_any_effect_and_starting_again_leads_to_the_same_end(
    work: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually, effects: int
) -> None:
    life = Life(effects)
    first = start_controller(mortal(life))
    eventually(lambda: life.attempted)
    first.stop()

    start_controller()

    eventually(lambda: is_done(work, exported["main"]))
    created = [write for write in work.writes if write.method == "POST" and write.path.endswith("persistentvolumes")]
    assert len(created) == 2


DYING = """
import json, os, sys
from pathlib import Path
from controller.export.operations import SystemCalls
from controller.options import ControllerOptions, Seams, Timing
from controller.program import run_controller
from kube.lease import LeaseDurations

class Dying(SystemCalls):
    def set_mode(self, directory, mode):
        super().set_mode(directory, mode)
        os._exit(9)

given = json.loads(sys.argv[1])
seams = Seams(operations=lambda real: Dying()) if given["dies"] else Seams()
timing = Timing(lease=LeaseDurations(lease=1.5, renew_deadline=1, retry=0.2))
run_controller(
    ControllerOptions(
        policy=Path(given["policy"]),
        exports={"main": Path(given["export"])},
        kubeconfig=Path(given["kubeconfig"]),
        timing=timing,
    ),
    seams,
)
"""


@pytest.fixture
def run_process(
    policy_file: Path, kubeconfig: Path, exported: dict[str, Path]
) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    given = {"policy": str(policy_file), "kubeconfig": str(kubeconfig), "export": str(exported["main"])}
    started = []

    def run(dies: bool) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-c", DYING, json.dumps({**given, "dies": dies})])
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


def test_a_process_that_really_dies_is_succeeded_by_one_that_finishes_its_work(
    api: Any, run_process: Callable[..., "subprocess.Popen[bytes]"], eventually: Eventually
) -> None:
    api.claim("provisioned", storageClassName="ours")

    assert run_process(dies=True).wait(timeout=60) == 9
    assert not any(path.startswith(f"{CORE}/persistentvolumes/") for path in api.objects)

    successor = run_process(dies=False)
    eventually(lambda: f"{CORE}/persistentvolumes/pvc-uid-of-provisioned" in api.objects, 60)
    successor.terminate()
    assert successor.wait(timeout=60) == 0
