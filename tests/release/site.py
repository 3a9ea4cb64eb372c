"""The installation that the tests share: its values, and what tests do to it."""

from dataclasses import dataclass, field
from typing import Any, Final

from kube import resources
from kube.client import Client
from policy.shapes import Json
from testbed.bed import Testbed
from testbed.errors import StartFailed
from testbed.export import NfsExport, PlainFolder
from testbed.pods.local_node import LocalNode
from testbed.product.chart import NAMESPACE, RELEASE, name_of
from testbed.product.release import SERVER_SIDE, Applying, Release
from testbed.waiting import wait_for
from tests.cluster.installation import INERT
from tests.cluster.objects import phase
from tests.waiting import WITHIN

WEBHOOK: Final = f"{RELEASE}-webhook"
CLUSTER: Final = f"{RELEASE}-cluster"
MAIN: Final = f"{RELEASE}-export-main"
WORKING: Final = (WEBHOOK, CLUSTER, MAIN)
"""The Deployments that can become available: all but that of the dead export."""
TLS: Final = f"{RELEASE}-webhook-tls"

REFUSED_SIZE: Final = "1e999"
"""A size that the schema of the values lets through and the programs refuse."""


def chart_values(export: NfsExport | PlainFolder, **others: Any) -> Json:
    """Values with an export that works and one whose server is dead; `others` are laid over them."""
    mount_options = {"mountOptions": list(export.mount_options)}
    return {
        "exports": [
            {"name": "main", "server": export.server, "path": export.path, **mount_options},
            {"name": "dead", "server": "192.0.2.1", "path": "/nfs/dead"},  # RFC 5737: nobody has this address
        ],
        "storageClasses": [{"name": "nfs", "export": "main"}],
        "profiles": [
            {
                "name": "default",
                "storageClassName": "nfs",
                "claim": {"default": "1Gi"},
                "mountOptions": ["hard"],
                "accessModes": ["ReadWriteMany"],
            },
            {"name": INERT, "storageClassName": INERT, "claim": {"default": "1Gi"}, "accessModes": ["ReadWriteMany"]},
        ],
        **others,
    }


@dataclass
class Site:
    """nfs-steward as Helm has installed it, and the cluster that it runs in."""

    bed: Testbed
    client: Client
    node: LocalNode
    release: Release = field(init=False)
    applying: Applying | None = None
    """How what is installed was applied; None where nothing is installed."""

    def __post_init__(self) -> None:
        self.release = Release(self.bed)

    def values(self, **others: Any) -> Json:
        """The usual values, with `others` laid over them."""
        return chart_values(self.bed.export, **others)

    def values_with_size(self, size: str) -> Json:
        """The usual values, whose default profile has another default size."""
        values = self.values()
        first, *others = values["profiles"]
        return {**values, "profiles": [{**first, "claim": {"default": size}}, *others]}

    def have_installed(self, applying: Applying = SERVER_SIDE) -> None:
        """Install it as it is meant to be, unless that is the case; returns when it works."""
        if self.applying not in (applying, None):
            self.uninstall()
        if self.applying is None:
            self.applying = applying
            self.release.install(self.values(), applying=applying)
            self.wait_working()

    def uninstall(self) -> None:
        """Uninstall it; returns when nothing of it runs any more."""
        self.release.uninstall()
        self.applying = None
        try:
            wait_for("its Pods to be gone", lambda: not self.pods_left(), WITHIN)
        except StartFailed as problem:
            problem.add_note(f"left are {', '.join(self.pods_left())}")
            raise

    def pods_left(self) -> list[str]:
        """Each Pod in the release's namespace, with its phase."""
        return [f"{name_of(pod)} ({phase(pod)})" for pod in self.release.get("pods")["items"]]

    def wait_working(self) -> None:
        """Return when all that can be available is, and the API server gets answers from the webhook."""
        self.release.wait_available(*WORKING, within=WITHIN)
        wait_for("the API server to be answered", self.answers, WITHIN)

    def bundles(self) -> list[str | None]:
        """The authorities that the API server trusts, one bundle for each of the webhook's entries."""
        return [entry["clientConfig"].get("caBundle") for entry in self.configuration()["webhooks"]]

    def pod_names(self, component: str) -> set[str]:
        """The names of a component's Pods."""
        return {name_of(pod) for pod in self.release.pods(component)}

    def answers(self) -> bool:
        """Whether the API server trusts the webhook."""
        return all(self.bundles())

    def configuration(self) -> Json:
        """The configuration by which the API server calls the webhook."""
        return self.client.get(resources.MUTATING_CONFIGURATIONS, RELEASE)

    def secret(self) -> Json:
        """The Secret with authority and certificate."""
        return self.client.get(resources.SECRETS, TLS, NAMESPACE)

    def scale(self, name: str, replicas: int) -> None:
        """Have a Deployment have so many Pods; returns at once."""
        self.bed.kubectl("scale", f"deployment/{name}", f"--replicas={replicas}", f"--namespace={NAMESPACE}")
