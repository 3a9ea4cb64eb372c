"""The node: containerd and the kubelet in a guest, joined to a control plane."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testbed.commands import run
from testbed.control_plane import HOST_IN_GUEST, NODE_NAME, ControlPlane
from testbed.errors import CommandFailed, StartFailed
from testbed.kubeconfig import write_kubeconfig
from testbed.node.configuration import CONTAINERD_SOCKET, configuration_files
from testbed.node.guest import ADDRESS, NO_AVX512_IN_C, Guest
from testbed.node.guest_shell import Completed
from testbed.node.images import write_images
from testbed.node.loading import load_images
from testbed.tunnel.tunnel import API_SERVICE, API_SERVICE_PORT, Tunnel
from testbed.waiting import STARTS_WITHIN, wait_for

# For the reason that `guest` gives: Go's garbage collector sends signals all the time.
_NO_AVX512: Final = "GODEBUG=" + ",".join(f"cpu.avx512{part}=off" for part in ("f", "vl", "bw", "dq", "cd"))
_NO_AVX512_IN_C: Final = " ".join(f"{name}={value}" for name, value in NO_AVX512_IN_C.items())


@dataclass
class Node:
    """A real node named `name` on a control plane; `kubelet` is the program to run in the guest.

    With a `tunnel`, the API server and the node's Pods reach each other.
    """

    guest: Guest
    kubelet: Path
    nfs_port: int | None
    name: str = NODE_NAME
    tunnel: Tunnel | None = None

    def launch(self) -> None:
        """Start the guest; returns at once."""
        for path, content in configuration_files(self.nfs_port).items():
            file = self.guest.share / "etc" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        self.guest.launch()

    def start_runtime(self) -> None:
        """Wait for the guest, start containerd in it and import the images; returns when that is done.

        Raises `StartFailed` or `CommandFailed` where it cannot be.
        """
        archive = self.guest.share / "images.tar"
        write_images(archive, self.guest.packages.program("busybox"))
        self.guest.wait_ready()
        self._start_in_guest("containerd", "containerd", _NO_AVX512_IN_C)
        self._wait_in_guest(f"[ -S {CONTAINERD_SOCKET} ] && ctr version", "containerd")
        self.load_images(archive)
        archive.unlink()

    def load_images(self, archive: Path) -> None:
        """Give it the images of an archive; see `loading.load_images`."""
        load_images(self.guest.shell, archive)

    def join(self, control_plane: ControlPlane) -> None:
        """Start the kubelet; returns when the control plane calls the node Ready.

        Raises `StartFailed` or `CommandFailed` where it does not.
        """
        if self.tunnel:
            self._open_tunnel(self.tunnel, control_plane.port)
        write_kubeconfig(self.guest.share / "kubelet-kubeconfig", control_plane.node_access())
        flags = [
            "--config=/etc/kubernetes/kubelet.json",
            "--kubeconfig=/run/share/kubelet-kubeconfig",
            f"--hostname-override={self.name}",
            f"--node-ip={ADDRESS}",
            "--root-dir=/var/lib/kubelet",
            "--cert-dir=/var/lib/kubelet/pki",
        ]
        self._start_in_guest("kubelet", f"{self.kubelet} {' '.join(flags)}", f"{_NO_AVX512} {_NO_AVX512_IN_C}")
        kubectl: list[str | Path] = [control_plane.programs.path("kubectl"), f"--kubeconfig={control_plane.kubeconfig}"]
        ready = '{.status.conditions[?(@.type=="Ready")].status}'
        asking = [*kubectl, "get", "node", self.name, f"-o=jsonpath={ready}"]
        try:
            wait_for("Ready", lambda: _says(asking, "True"), STARTS_WITHIN, self.guest.process)
        except StartFailed as problem:
            raise StartFailed("kubelet", problem.reason, self.guest.logs / "kubelet.log") from problem

    def exec(self, command: str, timeout: float = STARTS_WITHIN) -> Completed:
        """Run a shell command as root on the node, to its end."""
        return self.guest.shell.run(command, timeout)

    def pod_log(self, namespace: str, pod: str, container: str) -> str:
        """What a container of a Pod has said, all its starts one after the other; '' where it has not started."""
        pattern = f"/var/log/pods/{namespace}_{pod}_*/{container}/*.log"
        lines = self.exec(f"cat {pattern} 2>/dev/null").output.splitlines(keepends=True)
        return "".join(_without_prefix(line) for line in lines)

    def _open_tunnel(self, tunnel: Tunnel, api_server_port: int) -> None:
        self.guest.shell.check(f"ip address add {API_SERVICE}/32 dev lo")
        self._start_in_guest("tunnel-node", tunnel.node_command(HOST_IN_GUEST, api_server_port), _NO_AVX512_IN_C)
        self._wait_in_guest(f"nc -w 1 {API_SERVICE} {API_SERVICE_PORT} < /dev/null", "tunnel-node")

    def _start_in_guest(self, name: str, command: str, variables: str) -> None:
        environment = f"{variables} TMPDIR=/run/tmp HOME=/run/tmp"
        self.guest.shell.check(f"{environment} setsid {command} > /run/logs/{name}.log 2>&1 < /dev/null &")

    def _wait_in_guest(self, command: str, part: str) -> None:
        tries = f"for i in $(seq {10 * STARTS_WITHIN:.0f})"
        retrying = f"{tries}; do {command} >/dev/null 2>&1 && exit 0; usleep 100000; done; exit 1"
        if self.guest.shell.run(retrying, 3 * STARTS_WITHIN).status:
            raise StartFailed(part, "it does not answer", self.guest.logs / f"{part}.log")


def _says(command: list[str | Path], expected: str) -> bool:
    try:
        return run(command) == expected
    except CommandFailed:
        return False


def _without_prefix(line: str) -> str:
    """A line of a CRI log (`time stream tag text`) without what the runtime put before it."""
    return line.split(" ", 3)[-1]
