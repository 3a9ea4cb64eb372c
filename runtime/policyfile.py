"""The policy file, read again when it changes. A bad new one is refused, and the last good one stays.

The kubelet swaps a ConfigMap's files a minute or two after the ConfigMap has changed, by renaming the `..data` link
in the directory: https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from policy.errors import PolicyInvalid, Problem
from policy.load import load_policy
from policy.model import Policy

_LOG: Final = logging.getLogger(__name__)

POLL_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Loads:
    """How often a changed policy was taken over, and how often refused, since the start."""

    accepted: int = 0
    refused: int = 0


class PolicyFile:
    """The policy in a file. `current` is always a good one.

    The constructor raises PolicyInvalid when the file cannot be read or holds no valid policy. `start` begins to look
    for changes, in a thread of its own; it belongs after a fork.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listeners: list[Callable[[Policy], None]] = []
        content = _read(path)
        self._content: bytes | None = content
        self._current = _parse(content, path)
        self._problem: PolicyInvalid | None = None
        self._loads = Loads()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def current(self) -> Policy:
        """The last good policy."""
        return self._current

    @property
    def problem(self) -> PolicyInvalid | None:
        """Why the file as it is now was refused; `None` when `current` is what the file says."""
        return self._problem

    @property
    def loads(self) -> Loads:
        """How many changes have been seen, for metrics."""
        return self._loads

    def on_change(self, listener: Callable[[Policy], None]) -> None:
        """Have `listener` called with every new good policy, after `current` has become it, in the looking thread."""
        self._listeners.append(listener)

    def start(self, interval: float = POLL_SECONDS) -> None:
        """Look at the file every `interval` seconds from now on."""
        self._thread = threading.Thread(target=self._run, args=(interval,), name="policy-file", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more. Returns when the thread has ended."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Look at the file now: take over what has changed, or refuse it and remember why."""
        try:
            # Read whole rather than asked for its times: a policy is a few kilobytes, and an edit within the clock's
            # resolution, or a link swapped to a file of the same age, must not be missed.
            content = _read(self._path)
        except PolicyInvalid as problem:
            self._refuse(None, problem)
            return
        if content != self._content:
            self._take(content)

    def _take(self, content: bytes) -> None:
        try:
            policy = _parse(content, self._path)
        except PolicyInvalid as problem:
            self._refuse(content, problem)
        else:
            self._accept(content, policy)

    def _run(self, interval: float) -> None:
        while not self._stop.wait(interval):
            try:
                self.look()
            except Exception:
                _LOG.exception("policy file cannot be looked at")

    def _accept(self, content: bytes, policy: Policy) -> None:
        self._content = content
        self._current = policy
        self._problem = None
        self._loads = Loads(self._loads.accepted + 1, self._loads.refused)
        _LOG.info("policy reloaded", extra={"keys": {"file": str(self._path)}})
        for listener in self._listeners:
            try:
                listener(policy)
            except Exception:
                _LOG.exception("policy listener raised")

    def _refuse(self, content: bytes | None, problem: PolicyInvalid) -> None:
        self._content = content
        # A file that cannot be read is found so at every look, and said once.
        if self._problem is not None and str(self._problem) == str(problem):
            return
        self._problem = problem
        self._loads = Loads(self._loads.accepted, self._loads.refused + 1)
        _LOG.error("policy refused, the last good one stays", extra={"keys": {"problem": str(problem)}})


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyInvalid([Problem("file", None, f"cannot be read: {error.strerror}")], str(path)) from error


def _parse(content: bytes, path: Path) -> Policy:
    try:
        return load_policy(content.decode("utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise PolicyInvalid([Problem("file", None, f"is not UTF-8: {error}")], str(path)) from error
