"""Programs in the guest: as whom they run, and those that go on running."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import StartFailed
from testbed.node.guest import Guest


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is not root, with further `groups` as a kubelet gives them, or none.

    It may read all files of the guest itself, since a checkout may lie where only root can look. On a mounted export
    that means nothing: the server decides there, by the uid and gid.
    """

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


def command_line(argv: Sequence[str], user: User | None, env: Mapping[str, str] | None = None) -> str:
    """The shell command that runs a program in place of the shell, as `user`, with these variables beside its own."""
    variables = [f"{name}={value}" for name, value in (env or {}).items()]
    become = _become(user) if user else []
    return "exec " + shlex.join(["env", *variables, *become, *argv])


def _become(user: User) -> list[str]:
    reading = [f"--{which}-caps=+dac_read_search" for which in ("inh", "ambient")]
    groups = f"--groups={','.join(map(str, user.groups))}" if user.groups else "--clear-groups"
    return ["/usr/bin/setpriv", f"--reuid={user.uid}", f"--regid={user.gid}", groups, *reading]


@dataclass(frozen=True, slots=True)
class GuestProcess:
    """A program that was started in a guest: its pid there, and its log on this machine."""

    guest: Guest
    name: str
    pid: int

    @classmethod
    def start(cls, guest: Guest, name: str, command: str) -> "GuestProcess":
        """Start a shell command in the guest; returns at once."""
        log = f"/run/logs/{name}.log"
        pid = guest.shell.check(f"setsid sh -c {shlex.quote(command)} >> {log} 2>&1 < /dev/null & echo $!")
        return cls(guest, name, int(pid))

    @property
    def log(self) -> Path:
        """What it has said so far."""
        return self.guest.logs / f"{self.name}.log"

    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.guest.shell.run(f"kill -0 {self.pid}").status == 0

    def signal(self, name: str) -> None:
        """Send it a signal, such as `KILL`; nothing happens where it has ended."""
        self.guest.shell.run(f"kill -{name} {self.pid}")

    def check_running(self) -> None:
        """Raise `StartFailed`, with the end of its log, where it has ended."""
        if not self.running():
            raise StartFailed(self.name, "it has ended", self.log)
