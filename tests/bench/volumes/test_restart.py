"""What an audit log and counts say of a restart, and the controller that counts."""

import json
from collections import Counter
from pathlib import Path

from bench.volumes.counted_controller import Counting
from bench.volumes.restart import shown, touched, writes_in
from controller.export.export import MountedExport
from controller.export.operations import SystemCalls
from controller.export.outcomes import Existed, Made
from controller.export.requests import MakeDirectory
from controller.export.walk import make_directory
from policy.ownership import Ownership

ENTRIES = [
    {"verb": "patch", "objectRef": {"resource": "persistentvolumes", "name": "a"}},
    {"verb": "create", "objectRef": {"resource": "events"}},
]


def test_every_write_in_the_audit_log_is_told_by_verb_kind_and_name(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text("".join(json.dumps(entry) + "\n" for entry in ENTRIES))
    assert writes_in(log) == ["patch persistentvolumes a", "create events"]


def test_a_log_that_was_never_begun_has_no_writes(tmp_path: Path) -> None:
    assert writes_in(tmp_path / "audit.log") == []


def test_writes_are_shown_by_verb_and_kind() -> None:
    assert shown(["create events a", "patch pods b", "patch pods c"]) == "2 patch pods, 1 create events"
    assert shown([]) == ""


def test_directories_that_were_never_opened_are_told_apart() -> None:
    assert touched([1, 0, 2]) == "2 of 3 directories of static volumes were"


WISH = Ownership(0o700, -1, -1)


def test_a_directory_that_is_there_is_opened_once(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    export = MountedExport(tmp_path, Counting(SystemCalls(), counts))
    (tmp_path / "there").mkdir()

    assert isinstance(export.ask(MakeDirectory(("there",), WISH)), Existed)
    assert counts == {"there": 1}

    assert isinstance(export.ask(MakeDirectory(("new",), WISH)), Made)
    assert counts["new"] > 1
    assert counts["there"] == 1
    export.stop()


def test_what_no_object_has_asked_for_does_not_count(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()

    assert isinstance(make_directory(Counting(SystemCalls(), counts), tmp_path, ("new",), WISH), Made)

    assert not counts
