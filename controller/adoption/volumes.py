"""Which volumes of another provisioner are taken over, and why others cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from controller.adoption.fate import Fate, fate_of
from controller.decisions.actions import JsonPatch
from controller.decisions.patches import adoption_patch
from controller.observed.occupied import OccupiedDirectories
from controller.observed.records import VolumeRecord, volume_record
from policy import keys
from policy.ending import ending_marks
from policy.exports import Elsewhere, Inside, ManagedExports, Reaching
from policy.model import Policy
from policy.shapes import Json, annotations, sequence
from policy.volumes import NfsSource


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A volume that becomes ours by `patch`; from then on `fate` is ours to bring about. `sharers` are the volumes that
    have the very same directory: the last of them takes the data with it.
    """

    volume: VolumeRecord
    fate: Fate
    patch: JsonPatch
    sharers: tuple[str, ...] = ()

    @property
    def at_once(self) -> bool:
        """Whether its claim is gone already, so that its fate comes about as soon as it is taken over."""
        return self.volume.released and self.volume.reclaims


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A volume that stays as it is: a clause that says why, and what to do about it, empty where that is plain."""

    volume: VolumeRecord
    why: str
    remedy: str = ""


VolumeVerdict: TypeAlias = TakenOver | LeftAlone


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What volumes are judged against: the policy with its exports, classes by name, who uses which directory, and
    which volumes nobody provisioned.
    """

    policy: Policy
    exports: ManagedExports
    classes: Mapping[str, Json]
    occupied: OccupiedDirectories
    static: frozenset[str]


def judge_volume(raw: Json, circumstances: Circumstances) -> VolumeVerdict:
    """Whether a volume can be taken over; raises `WrongShape` for one that is none."""
    volume = volume_record(raw)
    if volume.deleting:
        return LeftAlone(volume, "it is being deleted: nothing can be put on it any more")
    place = _place(volume, circumstances.exports)
    if isinstance(place, LeftAlone):
        return place
    sharers = circumstances.occupied.users(place.export.name, place.segments, volume.name)
    conflict = _conflict(volume, place, sharers, circumstances)
    if conflict:
        return LeftAlone(volume, f"{conflict}: whatever became of one would become of both")
    return replace(_take_over(raw, volume, place, circumstances), sharers=tuple(sharers))


def _conflict(volume: VolumeRecord, place: Inside, sharers: Sequence[str], circumstances: Circumstances) -> str | None:
    """Whose data it could be, too, as a clause; None where it is nobody else's, or of volumes that end as it does."""
    static = next((name for name in sharers if name in circumstances.static), None)
    if static:
        return f"volume {static}, which somebody made by hand, uses its directory, too"
    elsewhere = circumstances.exports.entangled(place.export, place.segments)
    return elsewhere or circumstances.occupied.entangled(place.export.name, place.segments, volume.name)


def _place(volume: VolumeRecord, exports: ManagedExports) -> Inside | LeftAlone:
    """Where the volume's directory lies, if it is one that could be dealt with."""
    if volume.source is None:
        return LeftAlone(volume, "it is no NFS volume that nfs-steward knows")
    match exports.locate(volume.source.server, volume.source.path):
        case Elsewhere():
            return LeftAlone(volume, "it lies on no managed export", _missing_export(volume.source))
        case Reaching(reason=reason):
            return LeftAlone(volume, reason)
        case Inside(export=export, segments=()):
            return LeftAlone(volume, f"it is the whole export {export.name}, which is never deleted or archived")
        case inside:
            return inside


def _take_over(raw: Json, volume: VolumeRecord, place: Inside, circumstances: Circumstances) -> TakenOver:
    fate = fate_of(raw, place.export, circumstances.classes, circumstances.policy)
    marks = {keys.PROVISIONED_BY: keys.PROVISIONER, keys.ADOPTED_FROM: volume.provisioner}
    if keys.ON_DELETE not in annotations(raw):
        marks.update(ending_marks(fate.ending))
    kept = [str(each) for each in sequence(raw, "metadata", "finalizers") if each != keys.SIDECAR_FINALIZER]
    added = [keys.DATA_FINALIZER] if volume.reclaims and not volume.held else []
    return TakenOver(volume, fate, adoption_patch(raw, marks, [*kept, *added]))


def _missing_export(source: NfsSource) -> str:
    """The export that the volume's provisioner most likely had: the directory that holds its own."""
    path = source.path.rstrip("/").rpartition("/")[0] or "/"
    return f"add the export that holds it to the policy, such as server: {source.server}, path: {path}"
