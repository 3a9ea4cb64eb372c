"""Whom a server takes us for, by what became of directories that we made: exports(5), "User ID Mapping"."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from controller.doctor.observed import Observed
from controller.export.trying import SOMEBODY, WriteTrial
from policy.errors import ParametersRefused
from policy.ownership import AUTO, wished_gid
from policy.parameters import read_parameters
from policy.shapes import text


class Squash(StrEnum):
    """A server's way with our uid, as far as it shows."""

    NOBODY = "no_root_squash"
    ROOT = "root_squash"
    ROOT_OR_ALL = "root_squash or all_squash"
    ALL = "all_squash"
    NOT_ALL = "not all_squash; of root only root can tell"


def squash_of(trial: WriteTrial) -> Squash:
    """What the owners of the directories say."""
    kept = trial.owner[0] == trial.uid
    if trial.uid != 0:
        return Squash.NOT_ALL if kept else Squash.ALL
    if kept:
        return Squash.NOBODY
    if trial.others is None:
        return Squash.ROOT_OR_ALL
    return Squash.ROOT if trial.others[0] == SOMEBODY else Squash.ALL


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to own directories that we make, and who says so."""

    who: str
    uid: int
    gid: int | str


def wishes_on(export: str, observed: Observed) -> Iterator[Wish]:
    """What the policy and the classes ask for on the export of this name."""
    managed = observed.managed.named(export)
    if managed is None:
        return
    directories = managed.directories
    yield Wish(f"directories of export {export}", directories.uid, wished_gid(directories, None))
    for each in observed.ours:
        try:
            parameters = read_parameters(each, observed.policy)
        except ParametersRefused:
            continue
        if export in parameters.exports and (parameters.uid is not None or parameters.gid is not None):
            uid = directories.uid if parameters.uid is None else parameters.uid
            yield Wish(f"class {text(each, 'metadata', 'name')}", uid, wished_gid(directories, parameters))


def gives_away(wishes: Iterator[Wish]) -> bool:
    """Whether any directory is to be somebody's who is not root: only root may make it so."""
    return any(wish.uid != 0 or wish.gid != 0 for wish in wishes)


def not_had(wish: Wish, trial: WriteTrial) -> list[str]:
    """What of a wish the server refuses, such as `gid 4321`."""
    uid, gid = trial.owner
    refused = [] if wish.uid == uid or trial.gives_owner else [f"uid {wish.uid}"]
    if wish.gid != gid and not trial.gives_group:
        refused.append("a gid for each namespace" if wish.gid == AUTO else f"gid {wish.gid}")
    return refused
