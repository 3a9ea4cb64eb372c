"""The cluster that the input describes: its namespaces, default class, drivers, claims and volumes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cli.explaining.errors import reading
from cli.explaining.manifests import Manifest
from controller.observed.records import VolumeRecord, volume_record
from policy import keys
from policy.classes import cluster_default, storage_class_of
from policy.gids import read_ledger
from policy.model import Policy
from policy.shapes import Json, labels, mapping, sequence, text
from webhook.cluster import StillCluster

# The API server puts it on every namespace.
_NAME_LABEL: Final = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the command line says of the cluster beside the manifests.

    `namespace` is that of manifests which name none; `namespace_labels` go over those of every namespace;
    `cluster_default` goes over what the StorageClasses in the input say.
    """

    namespace: str = "default"
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    cluster_default: str | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The cluster as far as it is known, the namespaces whose labels were told, the StorageClasses in the input, by
    name, and its volumes.
    """

    cluster: StillCluster
    namespaces_told_of: frozenset[str]
    storage_classes: Mapping[str, Json]
    volumes: Sequence[VolumeRecord]


def surroundings_in(manifests: Sequence[Manifest], policy: Policy, assumed: Assumptions) -> Surroundings:
    """Put the cluster together from the input and the command line; classes that they do not name are taken to exist.

    Raises `ManifestUnreadable` for a manifest that cannot be what its kind says.
    """
    namespaces = _namespaces(manifests, assumed)
    stated = {manifest.name for manifest in _of_kind(manifests, "Namespace")}
    cluster = StillCluster(
        policy=policy,
        namespaces=namespaces,
        cluster_default=assumed.cluster_default or _default_class(manifests),
        inline_csi=_inline_csi(manifests),
        claims=tuple(_claim(manifest, assumed.namespace) for manifest in _of_kind(manifests, "PersistentVolumeClaim")),
        volumes=tuple(manifest.obj for manifest in _of_kind(manifests, "PersistentVolume")),
        gids=_gids(manifests),
    )
    classes = {manifest.name: manifest.obj for manifest in _of_kind(manifests, "StorageClass", "storage.k8s.io")}
    told_of = frozenset(namespaces if assumed.namespace_labels else stated)
    return Surroundings(cluster, told_of, classes, tuple(_volumes(manifests)))


def _of_kind(manifests: Iterable[Manifest], kind: str, group: str = "") -> Iterable[Manifest]:
    return (manifest for manifest in manifests if manifest.kind == kind and manifest.group == group)


def _namespaces(manifests: Sequence[Manifest], assumed: Assumptions) -> dict[str, dict[str, str]]:
    mentioned = {assumed.namespace, *map(_namespace_of, manifests)} - {""}
    stated = {manifest.name: _labels(manifest) for manifest in _of_kind(manifests, "Namespace")}
    return {
        name: {**stated.get(name, {}), _NAME_LABEL: name, **assumed.namespace_labels}
        for name in sorted(mentioned | stated.keys())
    }


def _namespace_of(manifest: Manifest) -> str:
    """Return the namespace that an object belongs to by its text; a volume's is its claim's."""
    path = ("spec", "claimRef") if manifest.kind == "PersistentVolume" else ("metadata",)
    with reading(manifest.place):
        return text(manifest.obj, *path, "namespace") or ""


def _labels(manifest: Manifest) -> dict[str, str]:
    with reading(manifest.place):
        return dict(labels(manifest.obj))


def _default_class(manifests: Sequence[Manifest]) -> str | None:
    classes = []
    for manifest in _of_kind(manifests, "StorageClass", "storage.k8s.io"):
        with reading(manifest.place):
            classes.append(storage_class_of(manifest.obj))
    return cluster_default(classes)


def _inline_csi(manifests: Sequence[Manifest]) -> bool:
    """Whether the NFS CSI driver takes inline volumes: taken for granted unless the input holds one that does not."""
    for manifest in _of_kind(manifests, "CSIDriver", "storage.k8s.io"):
        if manifest.name == keys.NFS_CSI_DRIVER:
            with reading(manifest.place):
                return "Ephemeral" in sequence(manifest.obj, "spec", "volumeLifecycleModes")
    return True


def _gids(manifests: Sequence[Manifest]) -> dict[str, int]:
    """The gids of living namespaces by name, where the input holds the ledger."""
    for manifest in _of_kind(manifests, "ConfigMap"):
        if manifest.name == keys.GID_LEDGER:
            with reading(manifest.place):
                holders = read_ledger(manifest.obj).holders
            return {holder.namespace: gid for gid, holder in sorted(holders.items(), reverse=True) if not holder.gone}
    return {}


def _volumes(manifests: Sequence[Manifest]) -> Iterator[VolumeRecord]:
    for manifest in _of_kind(manifests, "PersistentVolume"):
        with reading(manifest.place):
            yield volume_record(manifest.obj)


def _claim(manifest: Manifest, namespace: str) -> Json:
    metadata = mapping(manifest.obj, "metadata")
    return {**manifest.obj, "metadata": {**metadata, "namespace": metadata.get("namespace") or namespace}}
