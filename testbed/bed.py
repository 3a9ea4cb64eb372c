"""The whole: a control plane, an NFS export and a node in one folder, up together and down together."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from testbed import record, shell
from testbed.control_plane import NODE_NAME, ControlPlane
from testbed.errors import TestbedError
from testbed.export import NfsExport, PlainFolder, discard_folder
from testbed.kubeconfig import write_kubeconfig
from testbed.kubectl import Kubectl
from testbed.node.guest import Guest
from testbed.node.node import Node
from testbed.parts import PLAIN_FOLDER, STAND_IN, Parts, Substitutions, TestbedOptions, obtain_parts
from testbed.pods.local_node import LOCAL_NODE, LocalNode, LocalPods
from testbed.progress import Progress
from testbed.stand_in import StandInNode
from testbed.supervision.client import Supervisor
from testbed.tunnel.tunnel import SERVICES, Tunnel

# Nodes that say nothing stay Ready: a stand-in never says anything.
_PATIENCE_WITH_NODES: Final = "--node-monitor-grace-period=8760h"
# Endpoints must not be loopback addresses, says the API, and those of local Pods are: nobody needs such objects there.
_WITHOUT_ENDPOINTS: Final = ("-endpoints-controller", "-endpointslice-controller")


class Testbed:
    """A testbed that this process started. It ends with this process, unless it is told to `detach`.

    `control_plane`, `export` and `node` are its parts; `notes` says what stands in for what cannot be had here.
    """

    __test__ = False  # pytest takes every class called Test... for a test

    def __init__(self, folder: Path, options: TestbedOptions, parts: Parts, substitutions: Substitutions) -> None:
        self.folder = folder
        self._parts = parts
        self._substitutions = substitutions
        self.supervisor = Supervisor()
        given = options.control_plane
        flags = replace(given, controller_manager=(_PATIENCE_WITH_NODES, *given.controller_manager))
        if options.local_pods:
            flags = replace(flags, controllers=(*flags.controllers, *_WITHOUT_ENDPOINTS))
        self._tunnel = None
        if options.pod_network and parts.node:
            self._tunnel = Tunnel(folder / "control-plane", self.logs, self.supervisor)
            flags = replace(flags, service_cidr=SERVICES, api_server=(*Tunnel.api_server_flags(), *flags.api_server))
        self.control_plane = ControlPlane(folder / "control-plane", self.logs, parts.programs, self.supervisor, flags)
        self.export = self._make_export()
        self.node = self._make_node(options)

    @classmethod
    def up(cls, folder: Path, options: TestbedOptions | None = None, progress: Progress | None = None) -> "Testbed":
        """Start a testbed in `folder`, whose logs and state go there; returns when all of it is ready.

        Raises `PartUnavailable` where the control plane cannot be had (or any part, with `require_all`), and
        `StartFailed` where it does not start; nothing is left running then.
        """
        folder, options = folder.absolute(), options or TestbedOptions()
        left = record.Record.read(folder)
        if left and left.running():
            hint = f"end it with `nfs-steward testbed down --dir {folder}`"
            raise TestbedError(f"a testbed is already up in {folder}: {hint}")
        substitutions = Substitutions(options.require_all, progress or Progress())
        parts = obtain_parts(folder, options, substitutions)
        record.clear(folder)
        bed = cls(folder, options, parts, substitutions)
        try:
            with substitutions.progress.step("starting the control plane, the export and the node"):
                bed._start()
        except BaseException:
            bed.down()
            raise
        return bed

    def down(self) -> None:
        """End everything that this testbed started; its logs and exported files stay."""
        self.supervisor.close()
        discard_folder(self.export.root)
        record.clear(self.folder)

    def detach(self) -> None:
        """Leave it running when this process ends; `record.end` ends it."""
        identities = tuple(self.supervisor.identities())
        real_node = isinstance(self.node, Node)
        left = record.Record(self.supervisor.identity, identities, str(self.export.root), real_node, self.notes)
        left.write(self.folder)
        self.supervisor.detach()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that say what stands in for what, and why."""
        return tuple(self._substitutions.notes)

    @property
    def logs(self) -> Path:
        """The folder with a log for each process."""
        return self.folder / "logs"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def kubectl(self) -> Kubectl:
        """kubectl as the administrator."""
        return Kubectl(self.program("kubectl"), self.kubeconfig)

    def program(self, name: str) -> Path:
        """The path of one of the Kubernetes programs, such as `helm`."""
        return self._parts.programs.path(name)

    def add_stand_in(self, name: str) -> StandInNode:
        """Add a Ready Node object on which Pods are scheduled and never run."""
        node = StandInNode(name)
        node.join(self.kubectl)
        return node

    def add_local_node(self, name: str = LOCAL_NODE) -> LocalNode:
        """Add a node whose Pods are processes of this machine, for Pods that tolerate its taint.

        Raises `PartUnavailable` where this machine does not let us make containers.
        """
        node = self._make_local_node(name, LocalPods(tainted=True))
        node.join(self.kubectl)
        return node

    def _make_export(self) -> NfsExport | PlainFolder:
        if self._parts.nfs_server is None:
            return PlainFolder(self._parts.export_root)
        return NfsExport(
            self._parts.export_root, self.folder / "nfs", self.logs, self._parts.nfs_server, self.supervisor
        )

    def _make_local_node(self, name: str, pods: LocalPods) -> LocalNode:
        return LocalNode(name, self.folder / "pods" / name, self.logs, self.export, self.supervisor, pods)

    def _make_node(self, options: TestbedOptions) -> Node | LocalNode | StandInNode:
        if options.local_pods:
            return self._make_local_node(LOCAL_NODE, options.local_pods)
        if self._parts.node is None:
            return StandInNode(NODE_NAME)
        guest = Guest(self.folder / "node", self.logs, self._parts.node, self.supervisor, options.guest)
        return Node(guest, self.program("kubelet"), self.export.port, tunnel=self._tunnel)

    def _start(self) -> None:
        # Everything at once; then what each needs from another, in the order in which they get ready.
        if self._tunnel:
            self._tunnel.launch()
        self.control_plane.launch()
        if isinstance(self.export, NfsExport):
            self.export.launch()
        if isinstance(self.node, Node):
            self.node.launch()
        self.control_plane.launch_controllers()
        write_kubeconfig(self.kubeconfig, self.control_plane.access())
        self._finish_export()
        self._start_runtime()
        self._join_node()
        self.control_plane.wait_usable()
        self._write_shell_files()

    def _finish_export(self) -> None:
        if isinstance(self.export, NfsExport) and not self._substitutions.succeeds(
            self.export.wait_ready, PLAIN_FOLDER
        ):
            self.export = PlainFolder(self.export.root)

    def _start_runtime(self) -> None:
        if isinstance(self.node, Node):
            self._or_stand_in(self.node, self.node.start_runtime)

    def _join_node(self) -> None:
        if isinstance(self.node, Node):
            self._or_stand_in(self.node, partial(self.node.join, self.control_plane))
        if isinstance(self.node, LocalNode) and not self._substitutions.succeeds(
            partial(self.node.join, self.kubectl), STAND_IN
        ):
            self.node = StandInNode(NODE_NAME)
        if isinstance(self.node, StandInNode):
            self.node.join(self.kubectl)

    def _or_stand_in(self, node: Node, step: Callable[[], None]) -> None:
        if not self._substitutions.succeeds(step, STAND_IN):
            node.guest.end()
            self.node = StandInNode(f"{node.name}-stand-in")  # the kubelet may have registered the other name

    def _write_shell_files(self) -> None:
        programs = {name: self.program(name) for name in ("kubectl", "helm")}
        shell.write_links(self.folder, programs)
        variables = {"KUBECONFIG": str(self.kubeconfig), "NFS_EXPORT_ROOT": str(self.export.root)}
        if isinstance(self.export, NfsExport):
            for name in ("nfs-ls", "nfs-cat"):
                shell.write_wrapper(self.folder, name, self.export.packages)
            variables["NFS_URL"] = self.export.url()
        shell.write_env(self.folder, variables)
