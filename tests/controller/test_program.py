"""The program as a process of its own: how it ends."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import WITHIN

Eventually = Callable[..., None]

LEASES = {"nfs-steward-cluster", "nfs-steward-export-main"}

PROGRAM = """
import json, sys, time
from pathlib import Path
from controller.export.export import ExportTiming
from controller.export.operations import SystemCalls
from controller.options import ControllerOptions, Seams, Timing
from controller.program import run_controller

class Hanging(SystemCalls):
    def open_root(self, root):
        time.sleep(10_000)

given = json.loads(sys.argv[1])
options = ControllerOptions(
    policy=Path(given["policy"]),
    cluster=True,
    exports={"main": Path(given["export"])},
    kubeconfig=Path(given["kubeconfig"]),
    timing=Timing(export=ExportTiming(operation_deadline=0.2, probe_deadline=0.2), stop_seconds=2),
)
sys.exit(run_controller(options, Seams(operations=lambda real: Hanging()) if given["hangs"] else Seams()))
"""


@pytest.fixture
def run(policy_file: Path, kubeconfig: Path, exported: dict[str, Path]) -> Iterator[Callable[..., Any]]:
    started: list[subprocess.Popen[str]] = []

    def start(hangs: bool = False) -> "subprocess.Popen[str]":
        given = {"policy": str(policy_file), "kubeconfig": str(kubeconfig), "export": str(exported["main"])}
        command = [sys.executable, "-c", PROGRAM, json.dumps({**given, "hangs": hangs})]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_asked_to_and_gives_its_leases_back(
    api: Any, run: Callable[..., Any], eventually: Eventually, number: signal.Signals
) -> None:
    process = run()
    eventually(lambda: holders(api).keys() == LEASES and all(holders(api).values()))

    process.send_signal(number)

    assert process.wait(WITHIN) == 0
    assert holders(api) == dict.fromkeys(LEASES, "")


def holders(api: Any) -> dict[str, str]:
    """Who holds each Lease; nobody holds one that was given back."""
    leases = {path.rsplit("/", 1)[1]: obj for path, obj in list(api.objects.items()) if "/leases/" in path}
    return {name: lease["spec"]["holderIdentity"] for name, lease in leases.items()}


def test_it_ends_although_its_export_hangs(api: Any, run: Callable[..., Any], eventually: Eventually) -> None:
    api.pod("web", "/nfs/data/a")
    process = run(hangs=True)
    eventually(lambda: "ExportUnavailable" in api.reasons("web"))

    process.terminate()

    _, log = process.communicate(timeout=WITHIN)
    assert process.returncode == 0
    assert "ending although operations on an export hang" in log
    assert "Traceback" not in log
