"""What the lives of all Pods of a node have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kube.client import Client
from kube.events import EventRecorder
from testbed.pods.addresses import Addresses
from testbed.pods.images import Images
from testbed.pods.nfs import NfsServers
from testbed.pods.sources import Sources
from testbed.supervision.client import Supervisor


@dataclass(frozen=True, slots=True)
class Times:
    """How fast the node is, in seconds: how soon a volume's files follow their source, how soon a volume that could not
    be mounted is tried again, and which part of a kubelet's back-off a container that ends has to wait.
    """

    volumes_follow: float = 1.0
    mount_retry: float = 0.5
    back_off_scale: float = 0.02


@dataclass(frozen=True, slots=True)
class Settings:
    """One node. `folder` and `logs` are its own; `exports` tells which folders the NFS exports are, `images` what
    stands behind their names; with `tainted`, only Pods that tolerate it come here.
    """

    node: str
    folder: Path
    logs: Path
    exports: Mapping[tuple[str, str], Path]
    images: Images
    tainted: bool = False
    times: Times = Times()


@dataclass(frozen=True, slots=True)
class Tools:
    """What it takes to run a Pod."""

    settings: Settings
    client: Client
    events: EventRecorder
    sources: Sources
    supervisor: Supervisor
    addresses: Addresses

    @property
    def servers(self) -> NfsServers:
        """The NFS servers that answer."""
        return NfsServers(self.settings.exports)
