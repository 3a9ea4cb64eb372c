"""What the story is played on: one testbed, looked at through its API, its audit log and its NFS server."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kube import resources
from kube.client import Client
from testbed.errors import CommandFailed
from testbed.export import NfsExport, PlainFolder
from testbed.kubectl import Kubectl
from testbed.nfs_listing import Entry, nfs_listing
from testbed.story.audit import WebhookFill, parse_audit_log
from testbed.story.manifests import Place
from testbed.story.rows import Proof
from testbed.story.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Stage:
    """A testbed with nfs-steward running in it. `folder` is for the story's manifests; `audit_log` the API server's."""

    client: Client
    kubectl: Kubectl
    export: NfsExport | PlainFolder
    audit_log: Path
    folder: Path
    proof: Proof

    def place(self, namespace: str) -> Place:
        """One of the namespaces, and where its volumes' directories are."""
        return Place(namespace, self.export.server, self.export.path)

    def snapshot(self, refusals: Mapping[tuple[str, str], str]) -> Snapshot:
        """What there is now."""
        return Snapshot(
            pods=tuple(self.client.list(resources.PODS).items),
            claims=tuple(self.client.list(resources.CLAIMS).items),
            volumes=tuple(self.client.list(resources.VOLUMES).items),
            events=tuple(self.client.list(resources.EVENTS).items),
            paths=self._paths(),
            refusals=refusals,
        )

    def filled_on_creation(self) -> tuple[WebhookFill, ...]:
        """What our webhook has filled in so far, as the API server wrote it down."""
        try:
            log = self.audit_log.read_text()
        except FileNotFoundError:  # nothing worth writing down has happened
            return ()
        return tuple(parse_audit_log(log))

    def entries(self) -> tuple[Entry, ...]:
        """The export as an NFS client sees it; nothing where no server serves it."""
        return tuple(nfs_listing(self.export)) if isinstance(self.export, NfsExport) else ()

    def _paths(self) -> frozenset[str]:
        if isinstance(self.export, PlainFolder):
            root = self.export.root
            return frozenset(str(path.relative_to(root)) for path in root.rglob("*"))
        try:
            return frozenset(entry.path for entry in self.entries())
        except CommandFailed:  # a directory that went away, or came, while it was listed: the next look will do
            return frozenset()
