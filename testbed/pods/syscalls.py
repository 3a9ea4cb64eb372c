"""The calls of Linux that containers are made of and that Python 3.11 has no functions for."""

import ctypes
import os
import platform
from pathlib import Path
from typing import Final

# The flags of mount and umount2.
READ_ONLY: Final = 1
NO_SUID: Final = 2
NO_DEVICES: Final = 4
NO_PROGRAMS: Final = 8
REMOUNT: Final = 32
BIND: Final = 4096
RECURSIVE: Final = 16384
PRIVATE: Final = 1 << 18
DETACH: Final = 2
# Those of unshare.
NEW_MOUNTS: Final = 0x00020000
NEW_NAMES: Final = 0x04000000
NEW_IPC: Final = 0x08000000
NEW_PROCESSES: Final = 0x20000000

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
_LAST_CAPABILITY: Final = Path("/proc/sys/kernel/cap_last_cap")

_libc: Final = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """mount(2); raises OSError."""
    named = (part.encode() or None for part in (source, target, kind))
    _check(_libc.mount(*named, ctypes.c_ulong(flags), data.encode() or None), f"mount {source} on {target}")


def unmount(target: str, flags: int = 0) -> None:
    """umount2(2); raises OSError."""
    _check(_libc.umount2(target.encode(), flags), f"unmount {target}")


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2): `new` becomes `/`, and what was `/` is found at `old`, a folder below it. Raises OSError."""
    _check(_libc.syscall(_PIVOT_ROOT[platform.machine()], new.encode(), old.encode()), f"make {new} the root")


def unshare(flags: int) -> None:
    """unshare(2): have namespaces of one's own; that of processes is for children only. Raises OSError."""
    _check(_libc.unshare(flags), "make namespaces")


def last_capability() -> int:
    """The highest capability that this kernel knows."""
    return int(_LAST_CAPABILITY.read_text())


def drop_from_bounds(capability: int) -> None:
    """Give up a capability for good: no program run from now on can have it. Raises OSError."""
    _check(_libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0), f"drop capability {capability}")


def forbid_new_privileges() -> None:
    """Have no program run from now on gain privileges by set-user-ID bits or file capabilities. Raises OSError."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "forbid new privileges")


def die_with_parent(signal: int) -> None:
    """Get `signal` when the parent ends. A change of user forgets this. Raises OSError."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal, 0, 0, 0), "die with the parent")


def _check(result: int, attempt: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{attempt}: {os.strerror(number)}")
