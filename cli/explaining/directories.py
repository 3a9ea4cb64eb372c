"""Which directory a claim would get, by the StorageClass that the input holds, or why none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from cli.explaining.submissions import Submission
from cli.explaining.surroundings import Surroundings
from cli.explaining.wording import Reason, note
from controller.observed.occupied import Occupant, OccupiedDirectories, occupant_of
from controller.observed.records import VolumeRecord
from policy import keys
from policy.claims import why_not_provisioned
from policy.datasources import source_name
from policy.ending import Ending, describe_ending
from policy.errors import StewardError
from policy.exports import ManagedExports, Segments, directory_path
from policy.model import Export, Policy
from policy.ownership import AUTO, resolve, wished_gid
from policy.parameters import ClassParameters, Existing, read_parameters
from policy.shapes import Json, annotations, text
from policy.volumes import place_of

VOLUME: Final = "pvc-<uid>"
"""Stands for the volume's name, which holds the uid that the API server gives the claim."""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory as it would be made: `mode` in bits, `gid` a number or `auto` for one of the namespace's own that is
    not known. `own`: it is the namespace's own.
    """

    export: Export
    segments: Segments
    mode: int
    uid: int
    gid: int | Literal["auto"]
    own: bool

    @property
    def path(self) -> str:
        """The path on the server."""
        return directory_path(self.export, self.segments)


@dataclass(frozen=True, slots=True)
class Planned:
    """The directory that a claim would get: one of `places`, of which there are several where its class names several
    exports; what becomes of one that is there already, and of its data, the range of the namespaces' gids, such as
    `100000-199999`, whether other claims may get the same, and the claim (`namespace/name`) whose data is copied into
    it, empty for none.
    """

    places: tuple[Place, ...]
    existing: Existing
    ending: Ending
    gids: str
    shared: bool
    source: str


@dataclass(frozen=True, slots=True)
class Unplanned:
    """The claim would get none; `why` is a clause."""

    why: str


Outlook: TypeAlias = Planned | Unplanned


class Outlooks:
    """The outlooks of the claims in the input, one after the other: of those that want one place the first gets it, and
    none where a volume of the input has it.
    """

    def __init__(self, known: Surroundings) -> None:
        self._known = known
        self._exports = ManagedExports(known.cluster.policy.exports)
        self._taken = _taken_by(known.volumes, self._exports)

    def of(self, submission: Submission, filled: Json) -> Outlook | None:
        """What a claim (`filled` as the API server would store it) would get from our provisioner.

        None for what is no claim or names a volume, and where the class is not in the input or another provisioner's.
        """
        if submission.kind != "PersistentVolumeClaim" or text(filled, "spec", "volumeName"):
            return None
        storage_class = self._known.storage_classes.get(_class_of(filled))
        policy = self._known.cluster.policy
        if storage_class is None or text(storage_class, "provisioner") not in policy.provisioners:
            return None
        try:
            gid = self._known.cluster.gid(submission.namespace)
            return self._alone(submission, _planned(filled, read_parameters(storage_class, policy), policy, gid))
        except StewardError as error:
            return Unplanned(str(error))

    def _alone(self, submission: Submission, outlook: Outlook) -> Outlook:
        """The same, unless a volume, a claim before it or another export has it. Which of several exports it gets is
        not known.
        """
        if isinstance(outlook, Unplanned) or len(outlook.places) > 1:
            return outlook
        (place,) = outlook.places
        whose = Occupant(
            f"of claim {submission.namespace}/{submission.name}", submission.namespace, True, outlook.shared
        )
        elsewhere = self._exports.entangled(place.export, place.segments)
        conflict = elsewhere or self._taken.reserve(whose, place.export.name, place.segments)
        return Unplanned(f"its directory would be {place.path}, but {conflict}") if conflict else outlook


def _taken_by(volumes: Iterable[VolumeRecord], exports: ManagedExports) -> OccupiedDirectories:
    taken = OccupiedDirectories()
    for volume in volumes:
        place = place_of(volume.source, exports)
        if place:
            taken.put(occupant_of(volume), place.export.name, place.segments)
    return taken


def _class_of(claim: Json) -> str:
    return annotations(claim).get(keys.LEGACY_CLASS_ANNOTATION) or text(claim, "spec", "storageClassName") or ""


def _planned(claim: Json, parameters: ClassParameters, policy: Policy, own_gid: int | None) -> Outlook:
    objection = why_not_provisioned(claim)
    if objection:
        return Unplanned(objection)
    segments = parameters.pattern.expand(claim, VOLUME)
    exports = ManagedExports(policy.exports)
    places = tuple(
        _place(export, segments, parameters, own_gid)
        for export in map(exports.named, parameters.exports)
        if export is not None
    )
    ending = Ending(parameters.on_delete, parameters.archive_for)
    gids, source = str(policy.gid_range or ""), str(source_name(claim) or "")
    return Planned(places, parameters.existing, ending, gids, parameters.shared, source)


def _place(export: Export, segments: Segments, parameters: ClassParameters, own_gid: int | None) -> Place:
    owned = resolve(export.directories, parameters, own_gid or 0)
    own = wished_gid(export.directories, parameters) == AUTO
    return Place(export, segments, owned.mode, owned.uid, AUTO if own and own_gid is None else owned.gid, own)


def outlook_reasons(outlook: Outlook | None) -> Iterator[Reason]:
    """Yield where the directory would be and how, and what becomes of the data; or why there is none."""
    if outlook is None:
        return
    if isinstance(outlook, Unplanned):
        yield Reason("no directory", "", outlook.why)
        return
    for place in outlook.places:
        where = f"{place.export.server}:{place.path}"
        yield Reason("directory", "", f"mode {place.mode:04o}, owner {place.uid}, {_group(place, outlook.gids)}", where)
    if outlook.existing is Existing.CHANGE and not outlook.source:
        yield note("where it is there already, its mode and owner are changed to these, and nothing that is in it")
    if len(outlook.places) > 1:
        yield note("the directory is on one of these exports: the one that has the most space free at that time")
    if outlook.source:
        yield note(
            f"it is filled with a copy of the data of claim {outlook.source}, which has to be on the same export"
        )
    yield note(f"when the claim is deleted, {describe_ending(outlook.ending)}")


def _group(place: Place, gids: str) -> str:
    if place.gid == AUTO:
        return f"a gid of the namespace's own, from {gids}"
    return f"group {place.gid}" + (", the namespace's own" if place.own else "")
