"""Path patterns: where a class has its volumes' directories, with what tenants chose put in.

A pattern is read once, whole, and everything wrong with it is found then. What is put in afterwards is checked value by
value and never read as a pattern again: nfs-subdir-external-provisioner replaces one variable after the other in the
growing text, so that a value can bring variables of its own; CVE-2025-62878 (local-path-provisioner) and CVE-2026-3864
(csi-driver-nfs) let `..` in.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self, TypeAlias

from policy.errors import PathRefused, shorten
from policy.exports import Segments
from policy.paths import RESERVED, check_segment, is_reserved, is_servers_own
from policy.shapes import Json, annotations, labels, text

DEFAULT_PATTERN: Final = "${.PVC.namespace}-${.PVC.name}-${pv.metadata.name}"
"""Where a provisioned volume's directory lies below its export, when its StorageClass says nothing else; as
nfs-subdir-external-provisioner has it."""

_LONGEST_PATTERN: Final = 1024
_LONGEST_PATH: Final = 1024
"""Bytes: MNTPATHLEN, the longest path that an NFSv3 server is asked to mount (RFC 1813, 5.1)."""

_VARIABLE: Final = re.compile(r"\$\{([^${}]*)\}")
_CLAIMS_OWN: Final = re.compile(r"(?:\.PVC|pvc\.metadata)\.(?:(namespace|name)|(labels|annotations)\.(.+))")
_VOLUMES_NAME: Final = (".PV.name", "pv.metadata.name")
_KEY: Final = re.compile(r"([A-Za-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", re.ASCII)
_KNOWN: Final = (
    "${.PVC.namespace}, ${.PVC.name}, ${.PVC.labels.KEY}, ${.PVC.annotations.KEY}, ${pvc.metadata.…} for the same, "
    "${pv.metadata.name}"
)

_Source: TypeAlias = Literal["namespace", "name", "volume", "labels", "annotations"]


@dataclass(frozen=True, slots=True)
class _Variable:
    """What stands in for a part of a segment. `key` and `fallback` are those of a label or annotation."""

    source: _Source
    key: str = ""
    fallback: str | None = None

    def value(self, claim: Json, volume_name: str) -> str:
        """What the claim has there; raises `PathRefused` where it has nothing, or nothing that can be in a path."""
        match self.source:
            case "volume":
                return _checked("the name of the volume", volume_name)
            case "namespace" | "name":
                return _checked(f"the claim's {self.source}", text(claim, "metadata", self.source) or "")
            case "labels":
                return self._kept("label", labels(claim))
            case "annotations":
                return self._kept("annotation", annotations(claim))

    def _kept(self, kind: str, values: Mapping[str, str]) -> str:
        value = values.get(self.key) or self.fallback
        if value is None:
            state = "empty" if self.key in values else "missing"
            raise PathRefused(f"{kind} {self.key}, which the path pattern of its class names, is {state}")
        return _checked(f"{kind} {self.key}", value)


_Part: TypeAlias = str | _Variable


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A pattern that was read: as `written`, and the parts that each segment is put together from."""

    written: str
    _segments: tuple[tuple[_Part, ...], ...]

    @classmethod
    def parse(cls, pattern: str) -> Self:
        """Read a pattern such as `${.PVC.namespace}/${.PVC.labels.example.com/app:-none}`.

        Slashes at its ends do not count. Raises `PathRefused` for one that is no path whatever is put in: unknown or
        open variables, empty segments, `..`, our own area.
        """
        if len(pattern) > _LONGEST_PATTERN:
            raise PathRefused(f"the path pattern is longer than {_LONGEST_PATTERN} characters")
        if "${" in _VARIABLE.sub("", pattern):
            raise PathRefused(f"the path pattern {shorten(pattern)} opens a variable that it does not close")
        segments = _parts_by_segment(pattern.strip("/"))
        _check_all(tuple(_joined(parts, lambda _: "x") for parts in segments))
        return cls(pattern, segments)

    @property
    def is_constant(self) -> bool:
        """Whether every claim gets the same path."""
        return all(isinstance(part, str) for parts in self._segments for part in parts)

    def expand(self, claim: Json, volume_name: str) -> Segments:
        """Where the directory of a claim's volume lies below its export: never nowhere, each segment checked.

        A value stays within its segment: one with `/` or `..` is refused, not cleaned. Raises `PathRefused` with a
        clause that names the label or annotation, and `WrongShape` for a malformed claim.
        """
        return _check_all(
            tuple(_joined(parts, lambda part: part.value(claim, volume_name)) for parts in self._segments)
        )


def _parts_by_segment(pattern: str) -> tuple[tuple[_Part, ...], ...]:
    """Split at the slashes that are the pattern's own: those within a variable belong to its key."""
    segments: list[list[_Part]] = [[]]
    for index, piece in enumerate(_VARIABLE.split(pattern)):
        if index % 2:
            segments[-1].append(_variable(piece))
        else:
            first, *others = piece.split("/")
            segments[-1].append(first)
            segments.extend([other] for other in others)
    return tuple(map(tuple, segments))


def _variable(written: str) -> _Variable:
    """Read what stands between the braces; raises `PathRefused`."""
    if written in _VOLUMES_NAME:
        return _Variable("volume")
    found = _CLAIMS_OWN.fullmatch(written)
    if found is None:
        raise PathRefused(f"the path pattern names {shorten(f'${{{written}}}')}, which is none of {_KNOWN}")
    whole, map_name, rest = found.groups()
    if whole:
        return _Variable("namespace" if whole == "namespace" else "name")
    key, separator, fallback = rest.partition(":-")
    if not _KEY.fullmatch(key):
        raise PathRefused(f"the path pattern names {shorten(key)}, which cannot be the key of a label or annotation")
    default = _checked(f"the fallback for {key}", fallback) if separator else None
    return _Variable("labels" if map_name == "labels" else "annotations", key, default)


def _joined(parts: Sequence[_Part], value: Callable[[_Variable], str]) -> str:
    return "".join(part if isinstance(part, str) else value(part) for part in parts)


def _checked(what: str, value: str) -> str:
    try:
        return check_segment(value)
    except PathRefused as error:
        raise PathRefused(f"{what}: {error}") from None


def _check_all(segments: Segments) -> Segments:
    for segment in segments:
        check_segment(segment)
        if is_servers_own(segment):
            raise PathRefused(
                f"{shorten(segment)} is where servers and file systems keep something of everybody's data"
            )
    if is_reserved(segments):
        raise PathRefused(f"{'/'.join(segments[:2])} lies in {RESERVED}, which is nfs-steward's own")
    if len("/".join(segments).encode()) > _LONGEST_PATH:
        raise PathRefused(f"the path is longer than {_LONGEST_PATH} bytes, the most that NFSv3 mounts")
    return segments
