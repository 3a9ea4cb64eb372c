"""nfs-steward as it runs on the session's testbed, and what tests do to it: ask it, stop it, start it again."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from policy.shapes import Json
from testbed.export import NfsExport, PlainFolder
from testbed.product.product import Product, Running
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .objects import DEAD, OWN_PATH, SLOW

WEBHOOK: Final = "webhook"
HEALER: Final = "healer"
MAIN: Final = "main"
"""The programs that run all the time."""

PEER: Final = "k8s-sigs.io/nfs-subdir-external-provisioner"
"""Another provisioner, whose classes are served too."""

OWN: Final = "own"
"""An export whose directories get their namespace's gid, and whose controller runs only where a test starts one."""
FIXED: Final = {"gid": 0}
"""What other exports' directories get."""

INERT: Final = "inert"
"""A class that a profile names, and for which nobody makes volumes."""
LIMITED: Final = "limited"
"""A profile with a quota: 10Gi of INERT in at most 20 claims of 1Mi to 8Gi each, 5Gi of `inert-gold`."""
CONTACT: Final = "storage@corp.example"
"""Whom to ask for more."""
STANDARD: Final = "standard"
"""A class that no profile names, and that can be made the cluster's default."""


def chart_values(export: NfsExport | PlainFolder) -> Json:
    """A policy with one profile for each thing that profiles can differ in."""
    usual = {
        "accessModes": ["ReadWriteMany"],
        "mountOptions": ["hard", "noatime"],
        "allowedMountOptions": ["actimeo", "noatime", "rsize", "wsize"],
        "claim": {"default": "1Gi"},
    }
    return {
        "exports": [
            {
                "name": "main",
                "server": export.server,
                "aliases": ["nfs.test", "fd00::7"],
                "path": export.path,
                "mountOptions": list(export.mount_options),
                "directories": FIXED,
            },
            {"name": "slow", "server": export.server, "path": SLOW, "directories": FIXED},
            {
                "name": "dead",
                "server": export.server,
                "aliases": ["Dead.test"],
                "path": DEAD,
                "mountOptions": ["nconnect=4"],
                "directories": FIXED,
            },
            {"name": OWN, "server": export.server, "path": OWN_PATH},
        ],
        "gidRange": {"from": 100_000, "to": 199_999},
        "measuring": {"every": "2s", "fullEvery": "2s"},
        "profiles": [
            {"name": "default", "storageClassName": "nfs", **usual},
            {"name": "inert", "storageClassName": INERT, **usual},
            {
                "name": "gold",
                "namespaceSelector": {"matchLabels": {"tier": "gold"}},
                "storageClassName": "inert-gold",
                "claim": {"default": "5Gi"},
            },
            {"name": "silent"},
            {"name": "deny", "storageClassName": INERT, "inlineVolumes": "deny"},
            {"name": "fenced", "inlinePaths": [export.path + "/${namespace}"]},
            {"name": "csi", "inlineVolumes": "csi", "mountOptions": ["hard"]},
            {"name": "read-only", "storageClassName": INERT, "overQuota": "readOnly"},
            {"name": "blocking", "storageClassName": INERT, "overQuota": "block"},
            {
                "name": LIMITED,
                "storageClassName": INERT,
                "claim": {"default": "1Gi", "min": "1Mi", "max": "8Gi"},
                "quota": {"storage": "10Gi", "claims": 20, "classes": {"inert-gold": "5Gi"}},
            },
        ],
        "contact": CONTACT,
        "provisionerName": PEER,
        "storageClasses": [
            {"name": "nfs", "export": "main"},
            {"name": "nfs-growing", "export": "main", "allowVolumeExpansion": True},
            {"name": "nfs-late", "export": "main", "volumeBindingMode": "WaitForFirstConsumer"},
            {"name": "nfs-team", "export": "main", "parameters": {"gid": "4321"}},
            {"name": "nfs-kept", "export": "main", "onDelete": "retain"},
            {"name": "nfs-own", "export": "main", "parameters": {"gid": "auto"}},
            {"name": "nfs-spread", "export": [OWN, "main"]},
            {"name": "nfs-spread-late", "export": f"{OWN},main", "volumeBindingMode": "WaitForFirstConsumer"},
            {"name": "nfs-slow", "export": "slow"},
            {"name": "nfs-dead", "export": "dead"},
        ],
    }


@dataclass
class Installation:
    """The product, with its programs running unless a test has stopped one."""

    product: Product
    programs: dict[str, Running] = field(default_factory=dict)

    def start_all(self) -> None:
        """Install it and start everything; from then on the API server asks the webhook."""
        self.product.install()
        self.start(WEBHOOK, HEALER, MAIN)
        self.product.connect()

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Stop programs in an orderly way for the block, and have them working again after it."""
        for name in names:
            self.programs[name].process.stop()
        try:
            yield
        finally:
            self.start(*names)

    @contextmanager
    def serving(self, export: str, folder: Path) -> Iterator[None]:
        """Have a controller of an export that has none, which is mounted at `folder`, for the block."""
        running = self.product.start_controller(f"--export={export}={folder}")
        wait_leading(running)
        try:
            yield
        finally:
            running.process.stop()

    def start(self, *names: str) -> None:
        """Start programs and wait until they work: a controller, until it leads."""
        for name in names:
            self._launch(name)
        for name in names:
            running = self.programs[name].wait_ready()
            if name != WEBHOOK:
                wait_leading(running)

    def samples(self, name: str) -> list[Sample]:
        """The metrics that a program shows, all its processes together."""
        return metrics(self.programs[name])

    def reviews(self, kind: str, side: str = "mutate", outcome: str | None = None) -> float:
        """How many reviews of a kind the webhook has answered, and with this outcome if one is named."""
        return sum(
            sample.value
            for sample in self.samples(WEBHOOK)
            if sample.name == "nfs_steward_webhook_reviews_total"
            and (sample.labels["kind"], sample.labels["side"]) == (kind, side)
            and outcome in (None, sample.labels["outcome"])
        )

    def _launch(self, name: str) -> None:
        if name == WEBHOOK:
            self.programs[name] = self.product.start_webhook(workers=2)
        elif name == HEALER:
            self.programs[name] = self.product.start_controller("--cluster")
        else:
            self.programs[name] = self.product.start_controller(f"--export={name}={self.product.bed.export.root}")


def metrics(running: Running) -> list[Sample]:
    """The metrics that a program shows, all its processes together."""
    context = ssl.create_default_context(cafile=running.trust) if running.trust else None
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
    with opener.open(running.readyz.replace("/readyz", "/metrics"), timeout=WITHIN) as answer:
        return parse_metrics(answer.read().decode())


def parse_metrics(page: str) -> list[Sample]:
    """What a page of metrics says."""
    return [sample for family in text_string_to_metric_families(page) for sample in family.samples]


def wait_leading(running: Running) -> None:
    """Return when every duty of a controller leads."""
    wait_for(f"leading, said by {running.readyz}", lambda: leads(running.readiness()), WITHIN, running.process)


def leads(readiness: str | None) -> bool:
    """Whether every duty of a controller leads that says this of its readiness."""
    leases = [line for line in (readiness or "").splitlines() if "lease-" in line]
    return bool(leases) and all("leading" in line for line in leases)
