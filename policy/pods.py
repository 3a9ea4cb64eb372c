"""What a Pod's volumes lead to: NFS without a claim, or claims."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from policy.errors import WrongShape
from policy.shapes import Json, mapping, sequence, text
from policy.volumes import NfsSource, nfs_source


@dataclass(frozen=True, slots=True)
class InlineVolume:
    """One of a Pod's volumes: `index` is its place in `spec.volumes`, `form` how it is written."""

    index: int
    name: str
    source: NfsSource
    form: Literal["nfs", "csi"]


@dataclass(frozen=True, slots=True)
class ClaimVolume:
    """One of a Pod's volumes that is a claim: `index` is its place in `spec.volumes`, `claim` the claim's name."""

    index: int
    name: str
    claim: str
    read_only: bool


def claim_volumes(pod: Json) -> tuple[ClaimVolume, ...]:
    """The Pod's volumes that are claims by name; raises `WrongShape` for a malformed Pod.

    The claim of a generic ephemeral volume is not among them: it is made for this one Pod, and after it.
    """
    found = []
    for index, volume in _volumes(pod):
        source = mapping(volume, "persistentVolumeClaim")
        claim = text(source, "claimName")
        if claim:
            found.append(ClaimVolume(index, text(volume, "name") or "", claim, source.get("readOnly") is True))
    return tuple(found)


def inline_nfs_volumes(pod: Json) -> tuple[InlineVolume, ...]:
    """The Pod's inline volumes on NFS, natively or by the CSI driver; raises `WrongShape` for a malformed Pod."""
    found = []
    for index, volume in _volumes(pod):
        source = nfs_source(volume)
        if source:
            form: Literal["nfs", "csi"] = "nfs" if volume.get("nfs") is not None else "csi"
            found.append(InlineVolume(index, text(volume, "name") or "", source, form))
    return tuple(found)


def _volumes(pod: Json) -> Iterator[tuple[int, dict[str, Any]]]:
    for index, volume in enumerate(sequence(pod, "spec", "volumes")):
        if not isinstance(volume, dict):
            raise WrongShape(f"spec.volumes[{index}]", "an object", volume)
        yield index, volume
