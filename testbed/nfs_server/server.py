"""The server: a guest whose kernel serves folders over NFSv3 and NFSv4, and which mounts them itself.

Nothing outside the guest reaches it (slirp lets nobody in). So what is to use an export runs in the guest, too: shell
commands, and programs of this machine, whose files it sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from testbed.debian import KERNEL_SERVER, UnpackedPackages, obtain_packages
from testbed.nfs_server.exports import ServedExport
from testbed.nfs_server.processes import GuestProcess, User, command_line
from testbed.node.guest import Guest, GuestOptions, check_possible
from testbed.node.guest_shell import Completed
from testbed.progress import Progress
from testbed.supervision.client import Supervisor
from testbed.waiting import STARTS_WITHIN

LOOPBACK: Final = "127.0.0.1"
"""The server's address, for clients in the guest."""

MODULES: Final = ("overlay", "nfsd", "nfsv3", "nfsv4", "quota_v2", "loop")
"""The kernel modules that a server's guest has to be started with."""

_GUEST: Final = GuestOptions(memory_mib=1536, name="nfs-server", modules=MODULES)
_SERVE: Final = Path(__file__).parent / "serve.sh"


def obtain_server(progress: Progress) -> UnpackedPackages:
    """What a server runs; raises `PartUnavailable` where it cannot be had."""
    return obtain_packages(KERNEL_SERVER, progress)


@dataclass
class NfsServer:
    """A kernel NFS server in `guest`; `exports` are what it serves, as `serve` was told.

    Programs in the guest write their logs to the guest's folder for logs, there /run/logs; both sides see `share`.
    """

    guest: Guest
    exports: list[ServedExport] = field(default_factory=list)

    @classmethod
    def launch(cls, folder: Path, supervisor: Supervisor, progress: Progress | None = None) -> "NfsServer":
        """Start a server whose files are below `folder`, and which ends with the supervisor's other programs; returns
        at once, or when its packages have been fetched.

        Raises `PartUnavailable` where there can be no guest, or the packages cannot be had.
        """
        check_possible(folder)
        server = cls(Guest(folder, folder / "logs", obtain_server(progress or Progress()), supervisor, _GUEST))
        server.guest.launch()
        return server

    @classmethod
    def on(cls, guest: Guest, progress: Progress | None = None) -> "NfsServer":
        """A server, not ready yet, on a guest that is up and something else as well, such as a cluster's node.

        Raises `PartUnavailable` where the packages cannot be had, and `CommandFailed` where they do not get there.
        """
        guest.add_packages(obtain_server(progress or Progress()))
        return cls(guest)

    def wait_ready(self) -> "NfsServer":
        """Return when it is ready to `serve`; raises `StartFailed` or `CommandFailed` where it does not start."""
        self.guest.wait_ready()
        self.check(f"sh {_SERVE}")
        return self

    @property
    def share(self) -> Path:
        """The folder that both sides see: in the guest, /run/share."""
        return self.guest.share

    def serve(self, *exports: ServedExport) -> None:
        """Make the file systems of these exports and serve them, beside those that are served already.

        Raises `CommandFailed`, with what the guest said, where that does not work.
        """
        for export in exports:
            self.check(export.making())
        self.exports += exports
        self._export()

    def serve_otherwise(self, export: ServedExport) -> None:
        """Serve what is served already with other clients or options, as who edits /etc/exports does."""
        self.exports = [export if each.root == export.root else each for each in self.exports]
        self._export()

    def mount(self, path: str, place: str, version: str = "4.1", options: str = "") -> str:
        """Mount a path of the server in the guest, with the kernel's client over loopback, at `place`, which is made,
        and returned.
        """
        given = ",".join(filter(None, [f"nfsvers={version}", options]))
        self.check(f"mkdir -p {place} && mount -t nfs -o {given} {LOOPBACK}:{path} {place}")
        return place

    def project_limits(self, root: str) -> Mapping[int, int]:
        """The limits in bytes of the projects on the file system at `root` that have something, or one; 0 for none."""
        report = self.check(f"xfs_quota -x -f -c 'report -p -N -n -b' {root}")
        lines = (line.split() for line in report.splitlines() if line.startswith("#"))
        return {int(number.removeprefix("#")): int(limit) * 1024 for number, _, _, limit, *_ in lines}

    def run(self, command: str, user: User | None = None, timeout: float = STARTS_WITHIN) -> Completed:
        """Run a shell command in the guest, to its end, as root or else as `user`; see `GuestShell.run`."""
        return self.guest.shell.run(command_line(["sh", "-c", command], user), timeout)

    def check(self, command: str, user: User | None = None, timeout: float = STARTS_WITHIN) -> str:
        """Run a command as `run` does and return its output; raises `CommandFailed` for any status but 0."""
        return self.guest.shell.check(command_line(["sh", "-c", command], user), timeout)

    def run_program(
        self, argv: Sequence[str], env: Mapping[str, str], user: User | None = None, timeout: float = STARTS_WITHIN
    ) -> Completed:
        """Run a program in the guest, to its end, with these variables beside its own; otherwise as `run`."""
        return self.guest.shell.run(command_line(argv, user, env), timeout)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str], user: User | None = None) -> GuestProcess:
        """Start a program in the guest, with a log of that name; otherwise as `run_program`. Returns at once."""
        return GuestProcess.start(self.guest, name, command_line(argv, user, env))

    def _export(self) -> None:
        table = self.share / "exports"
        table.write_text("".join(f"{export.line()}\n" for export in self.exports))
        self.check("cp /run/share/exports /etc/exports && exportfs -r 2>&1")
