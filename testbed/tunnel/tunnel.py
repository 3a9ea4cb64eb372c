"""The tunnel as a part of a testbed: what its programs, and the API server, are started with."""

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from testbed.ports import free_ports
from testbed.supervision.client import Program, Supervisor

# Nobody on the machine sees these addresses, and so each testbed can have the same.
SERVICES: Final = "10.96.0.0/24"
# The Service `kubernetes` always has the first.
API_SERVICE: Final = "10.96.0.1"
API_SERVICE_PORT: Final = 443

_SOCKET: Final = "egress.sock"
_EGRESS: Final = "egress.json"
_SOURCES: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Tunnel:
    """A tunnel. Its socket lies in `folder`, in which the API server works: a socket's path has to be short."""

    folder: Path
    logs: Path
    supervisor: Supervisor
    port: int = field(default_factory=lambda: free_ports(1)[0])

    def launch(self) -> None:
        """Start this machine's end, and write what the API server reads; returns at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _EGRESS).write_text(json.dumps(_egress()))
        argv = [sys.executable, "-m", "testbed.tunnel.host_end", _SOCKET, str(self.port)]
        env = {"PYTHONPATH": str(_SOURCES)}
        self.supervisor.start(Program("tunnel", argv, self.logs / "tunnel.log", env, self.folder))

    def node_command(self, host: str, api_server_port: int) -> str:
        """The shell command for the node's end; `host` is this machine as the node sees it."""
        # -S: without the third-party packages, it starts in half the time.
        words = [sys.executable, "-S", "-B", "-m", "testbed.tunnel.node_end"]
        options = [host, str(self.port), str(api_server_port), API_SERVICE, str(API_SERVICE_PORT)]
        return f"env PYTHONPATH={shlex.quote(str(_SOURCES))} {shlex.join([*words, *options])}"

    @staticmethod
    def api_server_flags() -> tuple[str, ...]:
        """What makes the API server reach Pods and the kubelet through the tunnel."""
        return (f"--egress-selector-config-file={_EGRESS}", "--enable-aggregator-routing=true")


def _egress() -> dict[str, Any]:
    connection = {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": _SOCKET}}}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": connection}],
    }
