"""Copies of real trees, made step by step."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.export.copying.calls import CopyCalls
from controller.export.copying.copies import Copies, CopyJob, Hands
from controller.export.jobs import Progress
from controller.export.operations import SystemCalls
from controller.export.outcomes import Outcome
from controller.export.requests import CopyDirectory
from policy.ownership import Ownership
from tests.trees import Tree, as_copied, whole_tree

UID = "claim-uid"
READING = {"open_root", "open_child", "reopen", "status", "is_empty", "is_writable", "space", "look", "open_listable"}
READING |= {"entries", "open_file", "read", "sync", "close", "find", "mount_of", "open_folder", "link_target"}
READING |= {"attributes", "extent"}
"""The calls that change nothing."""


class Died(BaseException):
    """Stands for the end of the process."""


@dataclass
class Between:
    """Stands before a set of system calls. `before` is asked with the name of each call that changes something."""

    wrapped: Any
    before: Callable[[str], None]

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.wrapped, name)

        def made(*arguments: Any) -> Any:
            if name not in READING:
                self.before(name)
            return call(*arguments)

        return made


@dataclass
class Export:
    """An export with a directory `source` that is to be copied to `to/place`."""

    root: Path
    wish: Ownership
    before: Callable[[str], None] = lambda _name: None
    calls: CopyCalls = field(default_factory=CopyCalls)
    operations: SystemCalls = field(default_factory=SystemCalls)
    wanted: Callable[[], bool] = lambda: True

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def place(self) -> Path:
        return self.root / "to" / "place"

    @property
    def area(self) -> Path:
        return self.root / ".nfs-steward"

    @property
    def request(self) -> CopyDirectory:
        return CopyDirectory(("source",), ("to", "place"), UID, self.wish)

    def copy(self, progress: Callable[[], Progress] = Progress) -> Outcome:
        """Have it copied to the end, each turn with a new `progress`."""
        jobs: Any = InThisThread(self.wanted, progress)
        operations: Any = Between(self.operations, self.before)
        calls: Any = Between(self.calls, self.before)
        return Copies(jobs, Hands(operations, calls, self.root)).ask(self.request)


@dataclass
class InThisThread:
    """Has jobs done at once. `wanted` overrides whether anybody waits for them."""

    wanted: Callable[[], bool]
    progress: Callable[[], Progress]

    def knows(self, _key: str) -> bool:
        return False

    def ask(self, _key: str, job: CopyJob) -> Outcome:
        job.wanted = self.wanted
        while (outcome := job(self.progress())) is None:
            pass
        return outcome


def without(*names: str) -> CopyCalls:
    """Calls of a file system that lacks some."""

    def lacking(*_arguments: int) -> int:
        raise OSError(95, os.strerror(95))

    return type("Lacking", (CopyCalls,), dict.fromkeys(names, lacking))()


def described(top: Path) -> Tree:
    """All that a copy keeps of what lies below a directory, by name."""
    return as_copied(whole_tree(top))
