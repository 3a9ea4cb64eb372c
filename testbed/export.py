"""The NFS export: nfs-ganesha in user space, serving a folder of this machine over NFSv4.

Where no NFS server can be had (not root, no packages), the folder stands alone: everything that works on the export
locally still does, and nothing can mount it.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Final

from testbed.cache import cache_root
from testbed.commands import run
from testbed.control_plane import HOST_IN_GUEST
from testbed.debian import EXPORT, UnpackedPackages, obtain_packages
from testbed.errors import CommandFailed, PartUnavailable
from testbed.filesystems import WITH_HANDLES, has_handles
from testbed.ports import LOOPBACK, free_ports
from testbed.progress import Progress
from testbed.supervision.client import Program, SupervisedProcess, Supervisor
from testbed.waiting import STARTS_WITHIN, wait_for

PATH: Final = "/nfs/data"


@dataclass(frozen=True, slots=True)
class PlainFolder:
    """A folder, `root`, under the same names as an export; nothing serves it."""

    root: Path
    server: str = HOST_IN_GUEST
    path: str = PATH
    port: int | None = None
    mount_options: tuple[str, ...] = ()


@dataclass
class NfsExport:
    """A folder, `root`, and the NFS server that exports it as `path`, with state below `folder` and a log in `logs`."""

    root: Path
    folder: Path
    logs: Path
    packages: UnpackedPackages
    supervisor: Supervisor
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: SupervisedProcess | None = None
    server: str = HOST_IN_GUEST
    path: str = PATH

    @property
    def mount_options(self) -> tuple[str, ...]:
        """What a mount of it needs to say, its port not being the usual one."""
        return (f"port={self.port}", "nfsvers=4.1")

    def url(self, path: str = "") -> str:
        """The address of a path of the export (`""`: its root) for libnfs's programs, as seen from this machine."""
        place = f"{self.path}/{path}".rstrip("/")
        return f"nfs://{LOOPBACK}{place}?version=4&nfsport={self.port}"

    def launch(self) -> None:
        """Start the server; returns at once. It may be called again after `stop`: the files are still there."""
        configuration = self.folder / "ganesha.conf"
        first_start = not configuration.exists()
        (self.folder / "state").mkdir(parents=True, exist_ok=True)
        configuration.write_text(self._configuration(graceless=first_start))
        ganesha = str(self.packages.program("ganesha.nfsd"))
        argv = [ganesha, "-F", "-f", str(configuration), "-L", "STDOUT", "-p", str(self.folder / "ganesha.pid")]
        log = self.logs / "nfs-ganesha.log"
        self.process = self.supervisor.start(Program("nfs-ganesha", argv, log, self.packages.env(), self.folder))

    def wait_ready(self) -> None:
        """Return when the export can be listed; raises `StartFailed` where it cannot."""
        wait_for(f"an answer from {self.url()}", self._answers, STARTS_WITHIN, self.process)

    def stop(self) -> None:
        """End the server, as an outage of it would."""
        assert self.process is not None
        self.process.kill()

    def _answers(self) -> bool:
        try:
            run([self.packages.program("nfs-ls"), self.url()], env=self.packages.env(), timeout=5)
        except CommandFailed:
            return False
        return True

    def _configuration(self, *, graceless: bool) -> str:
        # Attr_Expiration_Time = 0: a directory removed behind the server's back is gone at once, not 60 s later.
        # Lease_Lifetime: with 5 s clients saw an EIO now and then.
        # Graceless: a server that nobody can have state with need not hold up opens for the grace period.
        # UseGetpwnam: the other id mapper wants an /etc/idmapd.conf; owners are numeric anyway.
        plugins = next(self.packages.root.glob("usr/lib/**/libfsalvfs.so")).parent
        return dedent(f"""\
            NFS_CORE_PARAM {{
                NFS_Port = {self.port}; NFS_Protocols = 4; Bind_addr = {LOOPBACK};
                Enable_NLM = false; Enable_RQUOTA = false; Plugins_Dir = "{plugins}";
            }}
            NFSv4 {{
                RecoveryBackend = fs; RecoveryRoot = "{self.folder}/state"; Lease_Lifetime = 60;
                Graceless = {str(graceless).lower()}; Grace_Period = 10; Minor_Versions = 0, 1, 2;
                Delegations = false; Only_Numeric_Owners = true; UseGetpwnam = true;
            }}
            NFS_KRB5 {{ Active_krb5 = false; CCacheDir = "{self.folder}"; }}
            EXPORT {{
                Export_Id = 1; Path = "{self.root}"; Pseudo = "{self.path}"; Access_Type = RW;
                Squash = No_Root_Squash; SecType = sys; Attr_Expiration_Time = 0; FSAL {{ Name = VFS; }}
            }}
            LOG {{ Default_Log_Level = EVENT; }}
            """)


def obtain_server(progress: Progress) -> UnpackedPackages:
    """The NFS server's packages; raises `PartUnavailable` where it could not run here."""
    if os.geteuid() != 0:
        raise PartUnavailable(EXPORT.part, "nfs-ganesha opens files by handle, which only root may", "run it as root")
    return obtain_packages(EXPORT, progress)


def exportable_folder(wanted: Path) -> Path:
    """`wanted`, made if need be, where an NFS server can export it; else a new folder in the cache.

    Raises `PartUnavailable` where neither lies on a file system with handles.
    """
    wanted.mkdir(parents=True, exist_ok=True)
    if has_handles(wanted):
        return wanted
    exports = cache_root() / "exports"
    exports.mkdir(parents=True, exist_ok=True)
    if not has_handles(exports):
        reason = f"neither {wanted} nor {exports} lies on {', '.join(sorted(WITH_HANDLES))}"
        raise PartUnavailable(EXPORT.part, reason, "set XDG_CACHE_HOME to a folder that does")
    return Path(tempfile.mkdtemp(dir=exports))


def discard_folder(root: Path) -> None:
    """Remove an exported folder that `exportable_folder` made in the cache; any other is left as it is."""
    if root.parent == cache_root() / "exports":
        shutil.rmtree(root, ignore_errors=True)
