"""Managed exports: which of them a server and a path lead to.

Servers are compared as names and addresses, never resolved: another name of the same server is another server until the
policy lists it as an alias. Paths are compared by segments, never as text: `/nfs/data2` is not below `/nfs/data`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from policy.errors import PathRefused
from policy.model import Export
from policy.paths import NAMESPACE_VARIABLE, RESERVED, check_segment, is_reserved, split_path
from policy.servers import canonical_server

Segments: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """The path lies on `export`, `segments` below its root; none of them: it is the root itself."""

    export: Export
    segments: Segments


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another server, or a path of this one that no managed export can be reached by."""


@dataclass(frozen=True, slots=True)
class Reaching:
    """The path does not lie on `export` by its text, and yet could lead there; or it leads to our own area on it.

    Nothing is made or filled in for it; where a profile rules over inline volumes, it is refused.
    """

    export: Export
    reason: str


Location: TypeAlias = Inside | Elsewhere | Reaching

_ELSEWHERE = Elsewhere()


class ManagedExports:
    """The policy's exports, ready to be asked for many paths."""

    def __init__(self, exports: Sequence[Export]) -> None:
        self.exports = tuple(exports)
        self._by_name = {export.name: export for export in exports}
        self._by_server = _by_server(exports)

    def named(self, name: str) -> Export | None:
        """The export of that name, or None."""
        return self._by_name.get(name)

    def locate(self, server: str, path: str) -> Location:
        """Where `path` of `server` lies; of exports inside each other, the innermost one counts."""
        here = self._by_server.get(canonical_server(server))
        if here is None:
            return _ELSEWHERE
        segments = split_path(path)
        unsafe = _objection(segments)
        if unsafe:
            return Reaching(here[0].export, unsafe)
        for root in here:
            if segments[: len(root.segments)] == root.segments:
                return _inside(root.export, segments[len(root.segments) :])
        for root in here:
            if root.segments[: len(segments)] == segments:
                return Reaching(root.export, f"the path contains the whole export {root.export.name}")
        return _ELSEWHERE

    def entangled(self, export: Export, segments: Segments) -> str | None:
        """Which other export, one inside `export`, the directory at `segments` is on or holds, as a clause; None for
        none. It is no volume's to have: that would have the whole of the other export, or take it along at its end.
        """
        root = split_path(export.path)
        here = (*root, *segments)
        for name in (export.server, *export.aliases):
            for other in self._by_server[canonical_server(name)]:
                if len(other.segments) <= len(root):
                    continue
                if here[: len(other.segments)] == other.segments:
                    return f"it lies on export {other.export.name}"
                if other.segments[: len(here)] == here:
                    return f"export {other.export.name} lies inside it"
        return None


def directory_path(export: Export, segments: Segments) -> str:
    """The path on the server of what lies at `segments` below an export's root, as mount(8) takes it."""
    return "/".join((export.path.rstrip("/"), *segments))


def _inside(export: Export, segments: Segments) -> Inside | Reaching:
    if is_reserved(segments):
        return Reaching(export, f"{RESERVED} on export {export.name} is nfs-steward's own")
    return Inside(export, segments)


@dataclass(frozen=True, slots=True)
class _Root:
    segments: Segments
    export: Export


def _by_server(exports: Sequence[Export]) -> Mapping[str, Sequence[_Root]]:
    """The exports' roots by each name of their server, innermost first."""
    found: dict[str, list[_Root]] = {}
    for export in exports:
        root = _Root(split_path(export.path), export)
        for name in {canonical_server(server) for server in (export.server, *export.aliases)}:
            found.setdefault(name, []).append(root)
    return {name: sorted(roots, key=lambda root: -len(root.segments)) for name, roots in found.items()}


def _objection(segments: Segments) -> str | None:
    """Why the path could lead somewhere else than its segments say, or None."""
    for segment in segments:
        try:
            check_segment(segment)
        except PathRefused as error:
            return str(error)
    return None


def inline_path_allowed(patterns: Sequence[str], namespace: str, path: str) -> bool:
    """Whether `path` is the directory of one of `patterns`, `${namespace}` put in, or lies below one.

    No patterns allow every path. A path with `..` is never allowed by one.
    """
    if not patterns:
        return True
    segments = split_path(path)
    if _objection(segments):
        return False
    roots = (split_path(pattern.replace(NAMESPACE_VARIABLE, namespace)) for pattern in patterns)
    return any(segments[: len(root)] == root for root in roots)
