"""nfs-steward at the exports of a kernel NFS server: in its guest, as a client of theirs or at their file systems."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testbed.kubeconfig import write_kubeconfig
from testbed.nfs_server.processes import GuestProcess, User
from testbed.nfs_server.server import LOOPBACK, NfsServer
from testbed.node.guest import NO_AVX512_IN_C
from testbed.node.guest_shell import Completed
from testbed.product.executable import nfs_steward
from testbed.product.product import Product
from testbed.waiting import wait_for

_FIRST_PORT: Final = 8001
_READY_WITHIN: Final = 300.0
"""Seconds: Python starts five times slower in a guest, and programs that start at once share one processor."""
_SHARE: Final = "/run/share"
_TEMPORARY: Final = "/run/tmp"


@dataclass(frozen=True, slots=True)
class GuestController:
    """A controller in the guest, and the port on which it says there how it is."""

    process: GuestProcess
    port: int

    def readiness(self) -> str:
        """What `/readyz` says while it answers 200; '' otherwise."""
        asked = self.process.guest.shell.run(f"wget -q -O - http://{LOOPBACK}:{self.port}/readyz 2>/dev/null")
        return "" if asked.status else asked.output

    def wait_leading(self) -> "GuestController":
        """Return when each of its duties leads; raises `StartFailed` where it ends, or takes too long."""
        wait_for(f"{self.process.name} to lead", self._leads, _READY_WITHIN)
        return self

    def _leads(self) -> bool:
        leases = [line for line in self.readiness().splitlines() if "lease-" in line]
        if not leases:
            self.process.check_running()
        return bool(leases) and all("leading" in line for line in leases)


class GuestProduct:
    """Programs of an installed `product` in the guest of `server`."""

    def __init__(self, product: Product, server: NfsServer) -> None:
        self._product = product
        self._server = server
        self._ports = iter(range(_FIRST_PORT, 1 << 16))

    def start_controller(self, name: str, exports: Mapping[str, str], user: User | None = None) -> GuestController:
        """Start a controller for exports, each with the path where it is in the guest, as root or else as `user`;
        returns at once. It has the account of exports' controllers, and a log called after it.
        """
        port = next(self._ports)
        argv = [
            *nfs_steward(),
            "controller",
            f"--policy={self.shared(self._product.policy_file)}",
            f"--health-bind={LOOPBACK}:{port}",
            *(f"--export={export}={path}" for export, path in exports.items()),
        ]
        return GuestController(self._server.start(name, argv, self._environment("export"), user), port)

    def run(self, *arguments: str, user: User | None = None, timeout: float = 120.0) -> Completed:
        """Run `nfs-steward` with these arguments in the guest, to its end, with the administrator's rights in the API
        and, in the guest, as root or else as `user`.
        """
        return self._server.run_program([*nfs_steward(), *arguments], self._environment(None), user, timeout)

    def shared(self, file: Path) -> str:
        """Copy a file of this machine to where everybody in the guest may read it; returns its path there."""
        copy = self._server.share / file.name
        shutil.copyfile(file, copy)
        copy.chmod(0o644)
        return f"{_SHARE}/{copy.name}"

    def _environment(self, component: str | None) -> Mapping[str, str]:
        """The variables of a program with the rights of a component, None: the administrator's."""
        name = f"{component or 'admin'}.kubeconfig"
        token = self._product.token(component) if component else None
        write_kubeconfig(self._server.share / name, self._product.bed.control_plane.guest_access(token))
        return {**NO_AVX512_IN_C, "KUBECONFIG": f"{_SHARE}/{name}", "HOME": _TEMPORARY, "TMPDIR": _TEMPORARY}
