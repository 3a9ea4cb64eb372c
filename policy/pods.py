"""The volumes on NFS that a Pod names itself, without a claim."""

from dataclasses import dataclass
from typing import Literal

from policy.errors import WrongShape
from policy.shapes import Json, sequence, text
from policy.volumes import NfsSource, nfs_source


@dataclass(frozen=True, slots=True)
class InlineVolume:
    """One of a Pod's volumes: `index` is its place in `spec.volumes`, `form` how it is written."""

    index: int
    name: str
    source: NfsSource
    form: Literal["nfs", "csi"]


def inline_nfs_volumes(pod: Json) -> tuple[InlineVolume, ...]:
    """The Pod's inline volumes on NFS, natively or by the CSI driver; raises `WrongShape` for a malformed Pod."""
    found = []
    for index, volume in enumerate(sequence(pod, "spec", "volumes")):
        if not isinstance(volume, dict):
            raise WrongShape(f"spec.volumes[{index}]", "an object", volume)
        source = nfs_source(volume)
        if source:
            form: Literal["nfs", "csi"] = "nfs" if volume.get("nfs") is not None else "csi"
            found.append(InlineVolume(index, text(volume, "name") or "", source, form))
    return tuple(found)
