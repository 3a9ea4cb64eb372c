"""A death at any step, and two controllers at once: the end is the same, and nothing is lost or left over."""

import re
import threading
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pytest

from controller.export.operations import ExportOperations, SystemCalls
from controller.export.requests import ArchiveAside, PutBack, RemoveAside, Request, SetAside
from tests.controller.export.asking import PLACE, UID, archived, in_this_thread
from tests.trees import whole_tree

pytestmark = pytest.mark.usefixtures("no_more_file_descriptors_than_before")

REMOVED = (SetAside(PLACE, UID), RemoveAside(UID))
ARCHIVED = (SetAside(PLACE, UID), ArchiveAside(archived()))
PUT_BACK = (SetAside(PLACE, UID), PutBack(PLACE, UID))

_ANOTHER = re.compile(rb"Z-\d")

flows = pytest.mark.parametrize(
    "flow",
    [
        pytest.param(REMOVED, id="set aside and removed"),
        pytest.param(ARCHIVED, id="set aside and archived"),
        pytest.param(PUT_BACK, id="set aside and put back"),
    ],
)


def live(calls: ExportOperations, root: Path, flow: Sequence[Request]) -> None:
    """Ask for everything, one thing after the other, as a process does from its start."""
    for request in flow:
        in_this_thread(calls, root, request)


def plant(root: Path) -> Path:
    """A volume with a little of everything in it, on an export of its own."""
    folder = root.joinpath(*PLACE)
    for name in ("deeper/deepest", "empty"):
        (folder / name).mkdir(parents=True)
    for name in ("file", "deeper/file", "deeper/deepest/file"):
        (folder / name).write_text(name)
    (folder / "link").symlink_to("/etc")
    return root


def end_of(root: Path) -> dict[bytes, tuple[int, bytes]]:
    """What is on an export at the end: kinds, modes and contents; not when, nor which name of two an archive got."""
    return {_ANOTHER.sub(b"Z", path): (entry.mode, entry.content) for path, entry in whole_tree(root).items()}


@flows
def test_dying_at_any_step_and_asking_again_leads_to_the_same_end(
    tmp_path: Path,
    mortal_calls: Callable[[int], SystemCalls],
    death: type[BaseException],
    flow: Sequence[Request],
) -> None:
    wanted = plant(tmp_path / "wanted")
    live(SystemCalls(), wanted, flow)

    for lives in count():
        root = plant(tmp_path / str(lives))
        try:
            live(mortal_calls(lives), root, flow)
        except death:
            live(SystemCalls(), root, flow)
        else:
            break
        assert end_of(root) == end_of(wanted), f"after dying at step {lives + 1}"
    assert lives > 3


@flows
def test_dying_again_and_again_one_step_further_each_time_leads_to_the_same_end(
    tmp_path: Path,
    mortal_calls: Callable[[int], SystemCalls],
    death: type[BaseException],
    flow: Sequence[Request],
) -> None:
    wanted = plant(tmp_path / "wanted")
    live(SystemCalls(), wanted, flow)
    root = plant(tmp_path / "root")

    for lives in count():
        try:
            live(mortal_calls(lives), root, flow)
        except death:
            continue
        break

    assert end_of(root) == end_of(wanted)


@flows
@pytest.mark.parametrize("again", range(10))
def test_several_that_do_the_same_at_once_lead_to_the_same_end(
    tmp_path: Path, flow: Sequence[Request], again: int
) -> None:
    wanted = plant(tmp_path / "wanted")
    live(SystemCalls(), wanted, flow)
    root = plant(tmp_path / "root")
    start = threading.Barrier(4)

    def take_part() -> None:
        start.wait()
        live(SystemCalls(), root, flow)

    threads = [threading.Thread(target=take_part) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live(SystemCalls(), root, flow)  # whoever was disturbed tries again

    assert end_of(root) == end_of(wanted)
