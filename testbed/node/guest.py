"""The guest: a Linux kernel as an ordinary process."""

import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from testbed.cache import cache_key, cached
from testbed.commands import program, run
from testbed.control_plane import HOST_IN_GUEST, NODE_NAME
from testbed.debian import UnpackedPackages
from testbed.errors import PartUnavailable
from testbed.node.guest_shell import GuestShell
from testbed.node.kernel_modules import WANTED, load_order
from testbed.supervision.client import Program, SupervisedProcess, Supervisor
from testbed.waiting import STARTS_WITHIN, wait_for

# slirp's layout: the guest's own address; the machine is HOST_IN_GUEST.
ADDRESS: Final = "10.0.2.15"
# The guest's kernel gives a signal handler only the part of the vector registers that it knows of (832 bytes), so that
# code which uses AVX-512 while signals come would lose the rest.
NO_AVX512_IN_C: Final = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW"}
"""The variables for programs that stand on the C library."""
_NATIVE: Final = Path(__file__).parent.parent / "native"
_INIT: Final = Path(__file__).parent / "init.sh"
_DISK_SIZE: Final = 4 << 30  # bytes; the file is sparse


@dataclass(frozen=True, slots=True)
class GuestOptions:
    """What a guest is called, how much memory (MiB) it sees (only what it touches is taken from the machine), and which
    kernel modules are loaded, beside those that they need.
    """

    memory_mib: int = 2048
    name: str = NODE_NAME
    modules: tuple[str, ...] = WANTED


@dataclass
class Guest:
    """A guest whose files are below `folder`. What lies in `share` both sides see, in the guest as /run/share."""

    folder: Path
    logs: Path
    packages: UnpackedPackages
    supervisor: Supervisor
    options: GuestOptions = field(default_factory=GuestOptions)
    process: SupervisedProcess | None = None

    @property
    def shell(self) -> GuestShell:
        """The way to run commands in it; there once it has been launched."""
        return GuestShell(self.share, self.process)

    @property
    def share(self) -> Path:
        """The folder that both sides see."""
        return self.folder / "share"

    def launch(self) -> None:
        """Start the guest; returns at once."""
        (self.share / "commands").mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        self._write_variables()
        disk = self._make_disk()
        argv = [str(self.packages.program("linux.uml")), *self._kernel_parameters(disk)]
        env = {"HOME": str(self.folder), "TMPDIR": str(self._memory_folder()), "LD_PRELOAD": str(_preload())}
        self.process = self.supervisor.start(Program("guest", argv, self.logs / "guest.log", env, self.folder))

    def wait_ready(self) -> None:
        """Return when commands can be run in it; raises `StartFailed` where it does not boot."""
        wait_for("the guest's boot", (self.share / "up").exists, STARTS_WITHIN, self.process)

    def add_packages(self, packages: UnpackedPackages) -> None:
        """Have the programs of further packages in it, which is up; raises `CommandFailed`. Their configuration files
        stay away.
        """
        self.shell.check(f"mount -t overlay -o lowerdir={packages.root}/usr:/usr overlay /usr")

    def end(self) -> None:
        """End it at once, as pulling the plug would."""
        if self.process is not None:
            self.process.kill()

    def _kernel_parameters(self, disk: Path) -> list[str]:
        return [
            f"mem={self.options.memory_mib}M",
            f"ubd0={disk}",
            f"eth0=slirp,,{self.packages.program('slirp-fullbolt')}",
            f"uml_dir={self.folder}",
            "umid=guest",
            "con=null",
            "con0=null,fd:1",  # the console: to our log
            "quiet",
            "noreboot",
            "root=/dev/root",
            "rootfstype=hostfs",
            "rootflags=/",
            "ro",
            f"init={self._busybox()}",
            "--",
            "sh",
            str(_INIT),
            str(self.share),
        ]

    def _busybox(self) -> Path:
        return self.packages.program("busybox")

    def _write_variables(self) -> None:
        kernel = next(self.packages.root.glob("usr/lib/uml/modules/*"))
        modules = load_order((kernel / "modules.dep").read_text(), self.options.modules)
        variables = {
            "PACKAGES": str(self.packages.root),
            "BUSYBOX": str(self._busybox()),
            "KERNEL_MODULES": " ".join(str(kernel / module) for module in modules),
            "HOST_NAME": self.options.name,
            "ADDRESS": ADDRESS,
            "GATEWAY": HOST_IN_GUEST,
            "LOGS": str(self.logs),
        }
        (self.share / "variables").write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()))

    def _make_disk(self) -> Path:
        disk = self.folder / "disk.img"
        with disk.open("wb") as file:
            file.truncate(_DISK_SIZE)
        mkfs = self.packages.program("mkfs.ext4")
        run([mkfs, "-q", "-F", "-O", "^has_journal", disk], env=self.packages.env())
        return disk

    def _memory_folder(self) -> Path:
        """Where the file lies that is the guest's memory: in the machine's memory, if there is room."""
        shared_memory = Path("/dev/shm")
        needed = self.options.memory_mib << 20
        roomy = shared_memory.is_dir() and shutil.disk_usage(shared_memory).free > needed
        return shared_memory if roomy else self.folder


def check_possible(folder: Path) -> None:
    """Raise `PartUnavailable` where no guest can run: another system or processor, no compiler, blanks in a path."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        found = f"{platform.system()} on {platform.machine()}"
        raise PartUnavailable("node", f"User-Mode Linux needs Linux on x86_64, this is {found}")
    if any(character.isspace() or character in "',\"" for character in str(folder)):
        raise PartUnavailable("node", f"a kernel's command line cannot hold the path {folder}", "choose another folder")
    program("gcc", "node", "install gcc and libc6-dev: a few lines of C are compiled for it")


def _preload() -> Path:
    """The library that linux.uml is loaded with, compiled once."""
    source = _NATIVE / "guest_preload.c"

    def compile_it(folder: Path) -> None:
        gcc = program("gcc", "node", "install gcc and libc6-dev")
        run([gcc, "-O2", "-Wall", "-shared", "-fPIC", "-o", folder / "guest_preload.so", source])

    return cached("native", cache_key(source.read_bytes(), platform.machine()), compile_it) / "guest_preload.so"
