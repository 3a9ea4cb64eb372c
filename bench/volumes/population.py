"""A cluster with very many volumes, as it is after years: half of them provisioned, half of them static, all bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bench.admission import namespace_names
from bench.arena import in_parallel
from bench.volumes.cluster import CLASS, opt_in
from controller.decisions.newvolume import Plan, new_volume, volume_name
from controller.observed.usage import Recorded, as_annotations
from kube.client import Client
from kube.resources import CLAIMS, STORAGE_CLASSES, VOLUMES
from policy import keys
from policy.load import load_policy
from policy.model import Export, Policy
from policy.ownership import Ownership
from policy.parameters import ClassParameters, read_parameters
from policy.quantity import parse_quantity
from policy.shapes import Json
from policy.usage import usage_text
from testbed.product.product import Product

_NAMESPACES: Final = 100
_SIZE: Final = "5Gi"
_OPTIONS: Final = ("nfsvers=4.1", "hard")
_OWNERSHIP: Final = Ownership(0o2770, 0, 0)
# Figures are written at a bounded rate: so many would take the first life most of an hour.
_NOTHING_IN_IT: Final = as_annotations(Recorded(0, 0, datetime.now(UTC)))


def fill(client: Client, product: Product, count: int) -> list[str]:
    """Make so many claims with their volumes in opted-in namespaces; returns the names of the directories on the export
    that the static ones want. Each object is written as the API server and its binder leave it: the binder itself would
    take half an hour.
    """
    namespaces = namespace_names(_NAMESPACES)
    in_parallel(lambda name: opt_in(client, name), namespaces)
    population = _Population(client, product, namespaces)
    in_parallel(population.make_pair, range(count))
    return [static_name(number) for number in range(count) if is_static(number)]


def is_static(number: int) -> bool:
    """Every other volume is."""
    return number % 2 == 1


def static_name(number: int) -> str:
    """The name of a static volume, of its claim and of its directory."""
    return f"static-{number:05}"


class _Population:
    def __init__(self, client: Client, product: Product, namespaces: Sequence[str]) -> None:
        policy = load_policy(product.policy_file.read_text(), str(product.policy_file))
        storage_class = client.get(STORAGE_CLASSES, CLASS)
        self._client = client
        self._namespaces = namespaces
        self._maker = _Maker(policy, read_parameters(storage_class, policy))

    def make_pair(self, number: int) -> None:
        namespace = self._namespaces[number % len(self._namespaces)]
        static = is_static(number)
        name = static_name(number) if static else f"claim-{number:05}"
        claim = self._client.create(CLAIMS, _claim(name, namespace, static))
        volume = self._maker.static(claim) if static else self._maker.provisioned(claim)
        self._client.create(VOLUMES, volume)
        self._bind(claim, volume["metadata"]["name"])

    def _bind(self, claim: Json, volume: str) -> None:
        name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
        if not claim["spec"].get("volumeName"):
            self._patch(CLAIMS, name, {"spec": {"volumeName": volume}}, namespace)
        status = {"phase": "Bound", "accessModes": ["ReadWriteMany"], "capacity": {"storage": _SIZE}}
        self._patch(CLAIMS, name, {"status": status}, namespace, subresource="status")
        self._patch(VOLUMES, volume, {"status": {"phase": "Bound"}}, subresource="status")

    def _patch(self, resource: Any, name: str, patch: Json, namespace: str | None = None, **where: Any) -> None:
        self._client.patch(resource, name, patch, namespace, type="merge", **where)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Volumes for claims that there are already."""

    policy: Policy
    parameters: ClassParameters

    @property
    def _export(self) -> Export:
        return self.policy.exports[0]

    def provisioned(self, claim: Mapping[str, Any]) -> Json:
        """As our own controller makes it."""
        segments = (volume_name(claim["metadata"]["uid"]),)
        return new_volume(Plan(dict(claim), CLASS, self._export, segments, _OPTIONS, 0, self.parameters), _OWNERSHIP)

    def static(self, claim: Mapping[str, Any]) -> Json:
        """As an administrator makes it."""
        meta = claim["metadata"]
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": meta["name"], "annotations": _NOTHING_IN_IT},
            "spec": {
                "capacity": {"storage": _SIZE},
                "accessModes": ["ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {key: meta[key] for key in ("name", "namespace", "uid")},
                "nfs": {"server": self._export.server, "path": f"{self._export.path}/{meta['name']}"},
                "mountOptions": list(_OPTIONS),
            },
        }


def _claim(name: str, namespace: str, static: bool) -> Json:
    binding = {"storageClassName": "", "volumeName": name} if static else {"storageClassName": CLASS}
    marks = {keys.USED: usage_text(0, 0, _SIZE, parse_quantity(_SIZE))} if static else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "annotations": marks},
        "spec": {**binding, "accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": _SIZE}}},
    }
