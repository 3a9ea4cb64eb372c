"""The parameters of a StorageClass of ours, read strictly: what is not understood is refused, never passed over.

Beside our own there are those of nfs-subdir-external-provisioner, so that its classes can stay as they are:
https://github.com/kubernetes-sigs/nfs-subdir-external-provisioner#readme
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal, TypeVar

from pydantic import ValidationError

from policy import keys
from policy.durations import parse_duration
from policy.errors import ParametersRefused, PathRefused, shorten
from policy.exports import ManagedExports
from policy.model import Directories, Export, Policy
from policy.ownership import AUTO
from policy.patterns import DEFAULT_PATTERN, PathPattern
from policy.shapes import Json, mapping, text

E = TypeVar("E", bound=StrEnum)

EXPORT: Final = "export"
_PATTERN: Final = "pathPattern"
_ON_DELETE: Final = "onDelete"
_ARCHIVE_ON_DELETE: Final = "archiveOnDelete"
_ARCHIVE_FOR: Final = "archiveFor"
_OWNERSHIP: Final = ("mode", "uid", "gid")
_SHARED: Final = "shared"
_QUOTA: Final = "quota"
_EXISTING: Final = "existing"
RECLAIM_PARAMETERS: Final = (_ON_DELETE, _ARCHIVE_ON_DELETE, _ARCHIVE_FOR)
"""Those that say what becomes of the data: all that counts of a class when a volume is taken over."""
_KNOWN: Final = (EXPORT, _PATTERN, _ON_DELETE, _ARCHIVE_FOR, *_OWNERSHIP, _EXISTING, _SHARED, _QUOTA)

_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
"""Go's `strconv.ParseBool`, by which the peer reads `archiveOnDelete`."""


class OnDelete(StrEnum):
    """What becomes of the data when a volume is deleted."""

    DELETE = "delete"
    RETAIN = "retain"
    ARCHIVE = "archive"


class Existing(StrEnum):
    """What becomes of a directory that is there before its volume: it keeps mode and owner, or gets a new one's."""

    KEEP = "keep"
    CHANGE = "change"


class QuotaKind(StrEnum):
    """What holds a claim to its size on the export: nothing, a project quota (XFS, ext4), or a btrfs qgroup."""

    NONE = "none"
    PROJECT = "project"
    BTRFS = "btrfs"


@dataclass(frozen=True, slots=True)
class ClassParameters:
    """What a class says. `exports` are names, at least one; `mode`, `uid`, `gid` are None where the export's hold;
    `archive_for` is None for archives that are kept for ever. `on_delete` has the class's reclaimPolicy in it already.
    """

    exports: tuple[str, ...]
    pattern: PathPattern
    on_delete: OnDelete
    archive_for: timedelta | None
    mode: int | None
    uid: int | None
    gid: int | Literal["auto"] | None
    existing: Existing
    shared: bool
    quota: QuotaKind


def read_parameters(storage_class: Json, policy: Policy) -> ClassParameters:
    """Read what a StorageClass says, whichever of the policy's provisioners it names.

    Raises `ParametersRefused` for whatever is unknown, malformed or contradicts another part, by name.
    """
    given = _texts(storage_class)
    _refuse_unknown(given)
    shared = _flag(given, _SHARED)
    on_delete = _on_delete(given, storage_class)
    archive_for = _archive_for(given, on_delete)
    # The volume would be retained whatever else stood on it: https://kubernetes.io/docs/concepts/storage/
    # persistent-volumes/#reclaiming
    retained = text(storage_class, "reclaimPolicy") == "Retain"
    directories = _directories(given, policy)
    exports = exports_of(given, ManagedExports(policy.exports))
    return ClassParameters(
        exports=tuple(export.name for export in exports),
        pattern=_pattern(given, shared),
        on_delete=OnDelete.RETAIN if retained else on_delete,
        archive_for=None if retained else archive_for,
        mode=directories.mode if "mode" in given else None,
        uid=directories.uid if "uid" in given else None,
        gid=directories.gid,
        existing=_existing(given, shared),
        shared=shared,
        quota=_quota(given, exports, shared),
    )


def exports_of(parameters: Mapping[str, str], exports: ManagedExports) -> tuple[Export, ...]:
    """The exports that a class provisions on: those it names (`a,b`), or the only one there is; at least one.

    Raises `ParametersRefused`. Every duty asks this alone to tell whose the class is, whatever else is wrong with it.
    """
    names = ", ".join(export.name for export in exports.exports) or "none"
    named = parameters.get(EXPORT)
    if named is None:
        if len(exports.exports) == 1:
            return exports.exports
        raise ParametersRefused(f"parameter {EXPORT} is missing, and the policy has several exports or none ({names})")
    found: dict[str, Export] = {}
    for name in (each.strip() for each in named.split(",")):
        export = exports.named(name)
        if export is None:
            raise ParametersRefused(f"parameter {EXPORT}: the policy has no export {shorten(name)}, it has {names}")
        if name in found:
            raise ParametersRefused(f"parameter {EXPORT} names {name} twice")
        found[name] = export
    return tuple(found.values())


def _texts(storage_class: Json) -> Mapping[str, str]:
    return {name: str(value) for name, value in mapping(storage_class, "parameters").items()}


def _refuse_unknown(given: Mapping[str, str]) -> None:
    unknown = sorted(given.keys() - {*_KNOWN, _ARCHIVE_ON_DELETE})
    if unknown:
        raise ParametersRefused(f"parameter {', '.join(unknown)} is not supported; these are: {', '.join(_KNOWN)}")


def _on_delete(given: Mapping[str, str], storage_class: Json) -> OnDelete:
    """What the class's own parameters say, without its reclaimPolicy. The peer archives unless it is told otherwise."""
    named = given.get(_ON_DELETE)
    if named:
        return _one_of(OnDelete, _ON_DELETE, named)
    if _ARCHIVE_ON_DELETE in given:
        return OnDelete.ARCHIVE if _flag(given, _ARCHIVE_ON_DELETE) else OnDelete.DELETE
    ours = text(storage_class, "provisioner") == keys.PROVISIONER
    return OnDelete.DELETE if ours else OnDelete.ARCHIVE


def _archive_for(given: Mapping[str, str], on_delete: OnDelete) -> timedelta | None:
    written = given.get(_ARCHIVE_FOR)
    if written is None:
        return None
    if on_delete is not OnDelete.ARCHIVE:
        raise ParametersRefused(f"parameter {_ARCHIVE_FOR} needs {_ON_DELETE}: archive, and this is {on_delete}")
    try:
        return parse_duration(written)
    except ValueError as error:
        raise ParametersRefused(f"parameter {_ARCHIVE_FOR}: {shorten(written)} {error}") from None


def _pattern(given: Mapping[str, str], shared: bool) -> PathPattern:
    """As for the peer, an empty pattern is the default one."""
    try:
        pattern = PathPattern.parse(given.get(_PATTERN) or DEFAULT_PATTERN)
    except PathRefused as error:
        raise ParametersRefused(f"parameter {_PATTERN}: {error}") from None
    if pattern.is_constant and not shared:
        raise ParametersRefused(
            f"parameter {_PATTERN}: {shorten(pattern.written)} is the same directory for every claim, "
            f'which needs {_SHARED}: "true"'
        )
    return pattern


def _existing(given: Mapping[str, str], shared: bool) -> Existing:
    """A directory that others have, too, is never changed for the next one who gets it."""
    existing = _one_of(Existing, _EXISTING, given.get(_EXISTING, Existing.KEEP))
    if existing is Existing.CHANGE and shared:
        raise ParametersRefused(f"parameter {_EXISTING}: {existing} would change what others have, with {_SHARED}")
    return existing


def _quota(given: Mapping[str, str], exports: Sequence[Export], shared: bool) -> QuotaKind:
    """Only who is at the file system can have it keep a limit."""
    quota = _one_of(QuotaKind, _QUOTA, given.get(_QUOTA, QuotaKind.NONE))
    if quota is QuotaKind.NONE:
        return quota
    if shared:
        raise ParametersRefused(f"parameter {_QUOTA}: {quota} is a limit for each claim, and {_SHARED} has them share")
    remote = ", ".join(export.name for export in exports if export.local is None)
    if remote:
        raise ParametersRefused(
            f"parameter {_QUOTA}: {quota} needs the controller at the file system, and the policy says `local` of "
            f"no such place for export {remote}"
        )
    return quota


def _directories(given: Mapping[str, str], policy: Policy) -> Directories:
    """Mode and owner as far as they are given; the rest holds defaults that mean nothing."""
    wanted: dict[str, object] = {name: given[name] for name in _OWNERSHIP if name in given}
    for name in ("uid", "gid"):
        if name in given and (name, given[name]) != ("gid", AUTO):
            wanted[name] = _number(name, given[name])
    try:
        directories = Directories.model_validate(wanted)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason = first["msg"].removeprefix("Value error, ")
        raise ParametersRefused(f"parameter {first['loc'][0]}: {shorten(first['input'])}: {reason}") from None
    if directories.gid == AUTO and policy.gid_range is None:
        raise ParametersRefused(f"parameter gid: {AUTO} needs a gidRange in the policy")
    return directories


def _number(name: str, written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) <= 10):
        raise ParametersRefused(f"parameter {name}: {shorten(written)} is no number")
    return int(written)


def _one_of(kinds: type[E], name: str, written: str) -> E:
    """The value of the parameter `name`, which takes these alone."""
    try:
        return kinds(written)
    except ValueError:
        raise ParametersRefused(f"parameter {name}: {shorten(written)} is none of {', '.join(kinds)}") from None


def _flag(given: Mapping[str, str], name: str) -> bool:
    written = given.get(name, "false")
    if written in _TRUE:
        return True
    if written in _FALSE:
        return False
    raise ParametersRefused(f"parameter {name}: {shorten(written)} is neither true nor false")
