"""Which directory a claim would get, by the StorageClass that the input holds, or why none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from cli.explaining.submissions import Submission
from cli.explaining.surroundings import Surroundings
from cli.explaining.wording import Reason, note
from controller.observed.occupied import Occupant, OccupiedDirectories
from policy import keys
from policy.claims import why_not_provisioned
from policy.datasources import source_name
from policy.ending import Ending, describe_ending
from policy.errors import StewardError
from policy.exports import ManagedExports, Segments, directory_path
from policy.model import Export, Policy
from policy.ownership import AUTO, resolve, wished_gid
from policy.parameters import ClassParameters, read_parameters
from policy.shapes import Json, annotations, text

VOLUME: Final = "pvc-<uid>"
"""Stands for the volume's name, which holds the uid that the API server gives the claim."""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory as it would be made: `mode` in bits, `gid` a number or `auto` for the namespace's own."""

    export: Export
    segments: Segments
    mode: int
    uid: int
    gid: int | Literal["auto"]

    @property
    def path(self) -> str:
        """The path on the server."""
        return directory_path(self.export, self.segments)


@dataclass(frozen=True, slots=True)
class Planned:
    """The directory that a claim would get: one of `places`, of which there are several where its class names several
    exports; what becomes of its data, the range of the namespaces' gids, such as `100000-199999`, whether other
    claims may get the same, and the claim (`namespace/name`) whose data is copied into it, empty for none.
    """

    places: tuple[Place, ...]
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
    """The outlooks of the claims in the input, one after the other: of those that want one place the first gets it."""

    def __init__(self, known: Surroundings) -> None:
        self._known = known
        self._taken = OccupiedDirectories()

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
            return self._alone(submission, _planned(filled, read_parameters(storage_class, policy), policy))
        except StewardError as error:
            return Unplanned(str(error))

    def _alone(self, submission: Submission, outlook: Outlook) -> Outlook:
        """The same, unless an earlier claim has the place; which of several exports one gets is not known."""
        if isinstance(outlook, Unplanned) or len(outlook.places) > 1:
            return outlook
        (place,) = outlook.places
        whose = Occupant(
            f"of claim {submission.namespace}/{submission.name}", submission.namespace, True, outlook.shared
        )
        conflict = self._taken.reserve(whose, place.export.name, place.segments)
        return Unplanned(f"its directory would be {place.path}, but {conflict}") if conflict else outlook


def _class_of(claim: Json) -> str:
    return annotations(claim).get(keys.LEGACY_CLASS_ANNOTATION) or text(claim, "spec", "storageClassName") or ""


def _planned(claim: Json, parameters: ClassParameters, policy: Policy) -> Outlook:
    objection = why_not_provisioned(claim)
    if objection:
        return Unplanned(objection)
    segments = parameters.pattern.expand(claim, VOLUME)
    exports = ManagedExports(policy.exports)
    places = tuple(
        _place(export, segments, parameters) for export in map(exports.named, parameters.exports) if export is not None
    )
    ending = Ending(parameters.on_delete, parameters.archive_for)
    return Planned(places, ending, str(policy.gid_range or ""), parameters.shared, str(source_name(claim) or ""))


def _place(export: Export, segments: Segments, parameters: ClassParameters) -> Place:
    # Which gid the namespace has is not known here, and is not asked for.
    owned = resolve(export.directories, parameters, namespace_gid=0)
    gid = wished_gid(export.directories, parameters)
    return Place(export, segments, owned.mode, owned.uid, gid)


def outlook_reasons(outlook: Outlook | None) -> Iterator[Reason]:
    """Yield where the directory would be and how, and what becomes of the data; or why there is none."""
    if outlook is None:
        return
    if isinstance(outlook, Unplanned):
        yield Reason("no directory", "", outlook.why)
        return
    for place in outlook.places:
        where = f"{place.export.server}:{place.path}"
        gid = f"a gid of the namespace's own, from {outlook.gids}" if place.gid == AUTO else f"group {place.gid}"
        yield Reason("directory", "", f"mode {place.mode:04o}, owner {place.uid}, {gid}", where)
    if len(outlook.places) > 1:
        yield note("the directory is on one of these exports: the one that has the most space free at that time")
    if outlook.source:
        yield note(
            f"it is filled with a copy of the data of claim {outlook.source}, which has to be on the same export"
        )
    yield note(f"when the claim is deleted, {describe_ending(outlook.ending)}")
