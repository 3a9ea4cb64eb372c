"""The side of a testbed that asks its supervisor process to start, signal and end processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from testbed.errors import StartFailed, TestbedError
from testbed.supervision.identity import ProcessIdentity


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a name for people, the command, variables laid over our own, a folder, and where its output goes."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = Path("/")


class Supervisor:
    """A running supervisor process. Whatever ends this process ends it too, and everything it started, unless
    `detach` was called. Safe to use from several threads.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._lock = RLock()
        self._buffer = b""
        self._statuses: dict[int, int] = {}
        self._started: list[int] = []
        with theirs:
            argv = [sys.executable, "-m", "testbed.supervision.server", str(theirs.fileno())]
            self._process = subprocess.Popen(
                argv, pass_fds=[theirs.fileno()], start_new_session=True, stdin=subprocess.DEVNULL
            )
        identity = ProcessIdentity.of(self._process.pid)
        if identity is None:
            raise TestbedError(f"the supervisor process `{' '.join(argv)}` ended at once")
        self.identity = identity

    def start(self, program: Program) -> "SupervisedProcess":
        """Start a program; returns at once. A command that cannot be run shows as a process that ended with 127."""
        program.log.parent.mkdir(parents=True, exist_ok=True)
        pid = self._ask(
            do="start",
            argv=list(program.argv),
            env={**os.environ, **program.env},
            cwd=str(program.cwd),
            log=str(program.log),
        )
        self._started.append(pid)
        return SupervisedProcess(self, program, pid)

    def identities(self) -> list[ProcessIdentity]:
        """Every process started here that still runs."""
        running = [ProcessIdentity.of(pid) for pid in self._started if self.status(pid) is None]
        return [identity for identity in running if identity is not None]

    def detach(self) -> None:
        """Let the supervisor outlive this process; from now on only `down` (its SIGTERM) ends it."""
        self._ask(do="detach")

    def close(self) -> None:
        """End every process of this supervisor, and the supervisor; returns when they are gone."""
        with self._lock:
            self._socket.close()
        self.identity.signal(signal.SIGTERM)
        self._process.wait()

    def send_signal(self, pid: int, number: int, *, group: bool) -> None:
        """Signal a process started here, or its whole process group; nothing happens where it has ended."""
        self._ask(do="signal", pid=pid, number=number, group=group)

    def status(self, pid: int, timeout: float = 0.0) -> int | None:
        """The exit status (negative: the signal) of a process started here, waited for up to `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._lock:
            while pid not in self._statuses:
                message = self._read(max(0.0, deadline - time.monotonic()))
                if message is None:
                    return None
                self._note(message)
            return self._statuses[pid]

    def _ask(self, **request: Any) -> Any:
        with self._lock:
            try:
                self._socket.sendall(json.dumps(request).encode() + b"\n")
                while True:
                    message = self._read(None)
                    if message is not None and not self._note(message):
                        break
            except OSError as problem:
                raise TestbedError(f"the testbed's supervisor is gone: {problem}") from problem
        if "error" in message:
            raise TestbedError(f"the testbed's supervisor could not {request['do']}: {message['error']}")
        return message["ok"]

    def _note(self, message: dict[str, Any]) -> bool:
        """Remember the end of a process; whether that is what this message was about."""
        if "exited" not in message:
            return False
        self._statuses[message["exited"]] = message["status"]
        return True

    def _read(self, timeout: float | None) -> dict[str, Any] | None:
        """The next message, or None where none came within `timeout` seconds (None: wait for it)."""
        self._socket.settimeout(timeout)
        while b"\n" not in self._buffer:
            try:
                received = self._socket.recv(65536)
            except (TimeoutError, BlockingIOError):
                return None
            if not received:
                raise ConnectionResetError("it closed the connection")
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\n")
        message = json.loads(line)
        assert isinstance(message, dict)
        return message


@dataclass(frozen=True, slots=True)
class SupervisedProcess:
    """A process that a supervisor started."""

    supervisor: Supervisor
    program: Program
    pid: int

    @property
    def log(self) -> Path:
        """The file that holds the program's output."""
        return self.program.log

    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self.supervisor.status(self.pid)

    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.status() is None

    def wait(self, timeout: float) -> int | None:
        """Wait up to `timeout` seconds for its end; the exit status, or None where it still runs."""
        return self.supervisor.status(self.pid, timeout)

    def send_signal(self, number: int) -> None:
        """Signal this process alone, such as SIGHUP to reload or SIGSTOP to make it hang."""
        self.supervisor.send_signal(self.pid, number, group=False)

    def stop(self, grace: float = 10.0) -> None:
        """SIGTERM, and SIGKILL for its whole group after `grace` seconds; returns when it has ended."""
        self.send_signal(signal.SIGTERM)
        if self.wait(grace) is None:
            self.kill()

    def kill(self) -> None:
        """SIGKILL the whole process group at once; returns when the process has ended."""
        self.supervisor.send_signal(self.pid, signal.SIGKILL, group=True)
        self.wait(10.0)

    def check_running(self) -> None:
        """Raise `StartFailed`, with the end of the log, where the process has ended."""
        status = self.status()
        if status is not None:
            raise StartFailed(self.program.name, f"it ended with status {status}", self.log)
