"""Which inline NFS volumes of a Pod concern us, and the label that says so.

The label lets the controller watch just these Pods.
"""

from dataclasses import dataclass

from policy import keys
from policy.choices import Fill, Keep
from policy.exports import Inside, Reaching
from policy.model import Export
from policy.pods import InlineVolume, inline_nfs_volumes
from policy.shapes import Json, labels
from webhook.cluster import ClusterView
from webhook.decision import Field, Kept, Outcome, outcomes

MARK = Field(f"metadata.labels[{keys.INLINE}]", ("metadata", "labels", keys.INLINE), own_mark=True)
_MARK = Fill("true", "inline volume on a managed export")
_MARKED = Keep("the label is there already")


@dataclass(frozen=True, slots=True)
class ManagedVolume:
    """An inline volume, and the managed export that it lies on."""

    volume: InlineVolume
    export: Export

    @property
    def label(self) -> str:
        """How people read of it."""
        return f"spec.volumes[{self.volume.name}]"


@dataclass(frozen=True, slots=True)
class InlineVolumes:
    """A Pod's inline NFS volumes on managed exports, and why others, which could lead to one, are left alone."""

    managed: tuple[ManagedVolume, ...]
    left_alone: tuple[Kept, ...]


def find_inline(pod: Json, view: ClusterView) -> InlineVolumes:
    """Sort the inline NFS volumes of a Pod by where they lie."""
    managed, left_alone = [], []
    for volume in inline_nfs_volumes(pod):
        location = view.exports.locate(volume.source.server, volume.source.path)
        if isinstance(location, Inside):
            managed.append(ManagedVolume(volume, location.export))
        elif isinstance(location, Reaching):
            left_alone.append(Kept(f"spec.volumes[{volume.name}]", location.reason))
    return InlineVolumes(tuple(managed), tuple(left_alone))


def mark(pod: Json) -> tuple[Outcome, ...]:
    """The label on a Pod with an inline volume on a managed export."""
    return outcomes(MARK, _MARK if labels(pod).get(keys.INLINE) is None else _MARKED)
