"""The supervisor process: `python -m testbed.supervision.server FD`, the parent of every process of one testbed.

It speaks JSON lines over the socket whose descriptor it is given. It has one thread and never blocks but in `select`,
so forking is safe, and `PR_SET_PDEATHSIG` (which fires when the *thread* that forked ends) means what it says.

Requests: `{"do": "start", "argv", "env", "cwd", "log"}` (the answer is a pid), `{"do": "signal", "pid", "number",
"group"}`, `{"do": "detach"}` (outlive whoever started us). Each is answered by `{"ok": ...}` or `{"error": text}`;
`{"exited": pid, "status": code}` comes whenever a process ended (negative: by that signal). SIGTERM closes it.
"""

import ctypes
import json
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from testbed.supervision.identity import descendants

_PR_SET_PDEATHSIG = 1  # prctl(2)
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


class Supervisor:
    """Starts, signals and reaps processes until it is told to close or its client is gone."""

    def __init__(self, client: socket.socket) -> None:
        self._client: socket.socket | None = client
        self._detached = False
        self._closing = False
        self._running: set[int] = set()
        self._buffer = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(client, selectors.EVENT_READ, self._on_client)
        self._selector.register(_signal_pipe(), selectors.EVENT_READ, self._on_signal)

    def run(self) -> None:
        """Serve until closing, then end every process that descends from this one."""
        while not self._closing:
            for key, _ in self._selector.select():
                key.data(key.fd)
        end_all_descendants()

    def _on_client(self, _: int) -> None:
        assert self._client is not None
        try:
            received = self._client.recv(65536)
        except ConnectionResetError:  # it went away before it had read all that we told it
            received = b""
        if not received:
            self._selector.unregister(self._client)
            self._client = None
            self._closing = self._closing or not self._detached
            return
        *lines, self._buffer = (self._buffer + received).split(b"\n")
        for line in lines:
            self._tell(self._answer(json.loads(line)))

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"ok": getattr(self, f"_do_{request.pop('do')}")(**request)}
        except (OSError, KeyError, ValueError) as problem:
            return {"error": str(problem)}

    def _do_start(self, argv: list[str], env: dict[str, str], cwd: str, log: str) -> int:
        pid = fork_and_exec(argv, env, cwd, log)
        self._running.add(pid)
        return pid

    def _do_signal(self, pid: int, number: int, group: bool) -> None:
        if pid not in self._running:
            return  # ended already: the client hears of it with the next message
        (os.killpg if group else os.kill)(pid, number)

    def _do_detach(self) -> None:
        self._detached = True
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 # our parent's output is not ours to keep open
            for output in (sys.stdout, sys.stderr):
                os.dup2(nothing.fileno(), output.fileno())

    def _on_signal(self, pipe: int) -> None:
        if {signal.SIGTERM, signal.SIGINT} & set(os.read(pipe, 4096)):
            self._closing = True
        while (ended := reap()) is not None:
            pid, status = ended
            if pid in self._running:
                self._running.remove(pid)
                self._tell({"exited": pid, "status": status})

    def _tell(self, message: dict[str, Any]) -> None:
        if self._client is not None:
            with suppress(OSError):  # the client went away meanwhile: the next read notices
                self._client.sendall(json.dumps(message).encode() + b"\n")


def fork_and_exec(argv: list[str], env: dict[str, str], cwd: str, log: str) -> int:
    """Start a program in a session of its own that dies with us; its output goes to the end of `log`. Returns its pid.

    What fails in the child (no such program, no such folder) is written to the log, and the child ends with 127.
    """
    parent = os.getpid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    pid = os.fork()
    if pid:
        os.close(output)
        return pid
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above took effect
            os._exit(127)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(cwd)
        os.execvpe(argv[0], argv, env)
    except OSError as problem:
        os.write(2, f"{argv[0]}: {problem}\n".encode())
    os._exit(127)


def reap() -> tuple[int, int] | None:
    """Collect one ended child, if any: its pid and exit status, negative for the signal that ended it."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def end_all_descendants() -> None:
    """SIGKILL every descendant until there is none.

    Being a subreaper, this process inherits whatever its children leave behind, so that nobody escapes by forking.
    """
    while True:
        for pid in descendants(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _signal_pipe() -> int:
    """Turn the signals that concern us into bytes, each the signal's number, on a descriptor that can be selected."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return readable


def main() -> None:
    """Serve the socket whose descriptor is the first argument."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    Supervisor(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
