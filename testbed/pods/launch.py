"""Starting a container: `python -m testbed.pods.launch FILE`, where FILE holds a `Sandbox`.

The process makes namespaces and has a child in them, which becomes the container; it stays as the parent, and ends with
the exit code that a kubelet would tell: 128 where the container could not be made. (`unshare` does as much, but in
Debian 12 it takes a container that was killed for one that failed.) Every mount lies in the container's namespace and
goes with it: nothing of them is ever seen on the machine.
"""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from testbed.pods import syscalls
from testbed.pods.capabilities import Capability
from testbed.pods.sandbox import Mount, Privileges, Sandbox
from testbed.pods.states import exit_code

COULD_NOT_START: Final = 128

_HOST: Final = "/.host"  # where the machine's own root is while the container's is being made
_DEVICES: Final = ("null", "zero", "full", "random", "urandom")
_DEVICE_LINKS: Final = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_NAMESPACES: Final = syscalls.NEW_MOUNTS | syscalls.NEW_PROCESSES | syscalls.NEW_NAMES | syscalls.NEW_IPC
_QUIET: Final = syscalls.NO_SUID | syscalls.NO_DEVICES | syscalls.NO_PROGRAMS


def launch(sandbox: Sandbox) -> int:
    """Run the container; returns its exit code when it has ended."""
    syscalls.unshare(_NAMESPACES)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return exit_code(os.waitstatus_to_exitcode(status))
    try:
        syscalls.die_with_parent(signal.SIGKILL)
        _become(sandbox)
    except OSError as problem:
        print(f"the container could not be started: {problem}", file=sys.stderr)
    os._exit(COULD_NOT_START)


def _become(sandbox: Sandbox) -> None:
    """Turn this process into the container's program; returns never. Raises OSError where that fails."""
    syscalls.mount("", "/", flags=syscalls.PRIVATE | syscalls.RECURSIVE)
    socket.sethostname(sandbox.hostname)
    # Read now: neither the machine's files nor its modules are to be had after the change of root.
    last = syscalls.last_capability()
    _enter_root(sandbox)
    _mount_devices()
    for mount in sorted((*sandbox.root.mounts, *sandbox.mounts), key=lambda each: each.target):
        _bind(mount)
    _write_files(sandbox)
    _leave_host(read_only=sandbox.read_only)
    os.chdir(sandbox.cwd)
    _limit(sandbox.privileges, last)
    os.execvpe(sandbox.argv[0], sandbox.argv, dict(sandbox.env))


def _enter_root(sandbox: Sandbox) -> None:
    """Lay a layer of memory over the root's files, and make the two the root; the machine's is at `_HOST` then."""
    scratch = Path(sandbox.scratch)
    syscalls.mount("tmpfs", sandbox.scratch, "tmpfs", data="mode=0755")
    upper, work, root = (scratch / name for name in ("upper", "work", "root"))
    for folder in (upper, work, root):
        folder.mkdir()
    layers = f"lowerdir={sandbox.root.lower},upperdir={upper},workdir={work}"
    syscalls.mount("overlay", str(root), "overlay", data=layers)
    for folder in (root / name.lstrip("/") for name in sandbox.root.passable):
        folder.chmod(folder.stat().st_mode | 0o111)
    host = root / _HOST.lstrip("/")
    host.mkdir()
    syscalls.pivot_root(str(root), str(host))
    os.chdir("/")


def _mount_devices() -> None:
    for name in ("proc", "dev", "sys", "tmp"):
        Path("/", name).mkdir(exist_ok=True)
    syscalls.mount("proc", "/proc", "proc", _QUIET)
    syscalls.mount("tmpfs", "/dev", "tmpfs", syscalls.NO_SUID, "mode=0755")
    for name in _DEVICES:
        _bind(Mount(f"/dev/{name}", f"/dev/{name}"))
    for name, target in _DEVICE_LINKS.items():
        Path("/dev", name).symlink_to(target)
    Path("/dev/shm").mkdir()
    syscalls.mount("tmpfs", "/dev/shm", "tmpfs", _QUIET, "mode=1777,size=64m")  # as container runtimes have it
    _bind(Mount("/sys", "/sys", read_only=True))


def _bind(mount: Mount) -> None:
    # All of it happens inside the container's root, where a link such as /var/run leads to its own /run.
    source, target = Path(f"{_HOST}{mount.source}"), Path(mount.target)
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    syscalls.mount(str(source), mount.target, flags=syscalls.BIND | syscalls.RECURSIVE)
    if mount.read_only:
        _make_read_only(mount.target)


def _make_read_only(target: str) -> None:
    syscalls.mount("", target, flags=syscalls.REMOUNT | syscalls.BIND | syscalls.READ_ONLY)


def _write_files(sandbox: Sandbox) -> None:
    for name, text in sandbox.files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)


def _leave_host(*, read_only: bool) -> None:
    syscalls.unmount(_HOST, syscalls.DETACH)
    Path(_HOST).rmdir()
    if read_only:
        _make_read_only("/")


def _limit(privileges: Privileges, last: int) -> None:
    kept = {Capability[name] for name in privileges.capabilities}
    for number in set(range(last + 1)) - kept:
        syscalls.drop_from_bounds(number)
    os.setgroups(privileges.groups)
    os.setresgid(privileges.gid, privileges.gid, privileges.gid)
    os.setresuid(privileges.uid, privileges.uid, privileges.uid)
    syscalls.die_with_parent(signal.SIGKILL)  # the change of user has undone it
    if privileges.no_new_privileges:
        syscalls.forbid_new_privileges()


if __name__ == "__main__":
    sys.exit(launch(Sandbox.read(Path(sys.argv[1]))))
