"""What one part of a policy says of another: checks that no field can make alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.errors import Problem
from policy.paths import split_path
from policy.servers import canonical_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.model import Policy


def problems_between_parts(policy: Policy) -> Iterator[Problem]:
    """Yield everything in `policy` that contradicts another part of it, in the order of the file."""
    yield from _unnamed_exports(policy)
    yield from _names_taken("exports", [export.name for export in policy.exports])
    yield from _names_taken("profiles", [profile.name for profile in policy.profiles])
    yield from _same_directories(policy)
    yield from _gids_out_of_nowhere(policy)
    yield from _inline_paths_elsewhere(policy)
    if all(profile.name != "default" for profile in policy.profiles):
        yield Problem("profiles", None, "one of them must be called default: namespaces that pick none get it")


def _unnamed_exports(policy: Policy) -> Iterator[Problem]:
    if len(policy.exports) > 1:
        for index, export in enumerate(policy.exports):
            if "name" not in export.model_fields_set:
                yield Problem(f"exports[{index}].name", None, "is required where there are several exports")


def _names_taken(part: str, names: list[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        first = names.index(name)
        if first != index:
            yield Problem(f"{part}[{index}].name", name, f"{part}[{first}] has this name already")


def _same_directories(policy: Policy) -> Iterator[Problem]:
    """Two exports of one directory would be two owners of it."""
    owners: dict[tuple[str, str], int] = {}
    for index, export in enumerate(policy.exports):
        for server in {canonical_server(name) for name in (export.server, *export.aliases)}:
            first = owners.setdefault((server, export.path), index)
            if first != index:
                yield Problem(
                    f"exports[{index}].path", export.path, f"exports[{first}] is this path of {server} already"
                )


def _gids_out_of_nowhere(policy: Policy) -> Iterator[Problem]:
    if policy.gid_range is None:
        for index, export in enumerate(policy.exports):
            if export.directories.gid == "auto":
                yield Problem(f"exports[{index}].directories.gid", "auto", "needs a gidRange to take it from")


def _inline_paths_elsewhere(policy: Policy) -> Iterator[Problem]:
    roots = [split_path(export.path) for export in policy.exports]
    for place, profile in enumerate(policy.profiles):
        for index, pattern in enumerate(profile.inline_paths):
            segments = split_path(pattern)
            if all(segments[: len(root)] != root for root in roots):
                path = f"profiles[{place}].inlinePaths[{index}]"
                yield Problem(path, pattern, "lies on no export of this policy, so that it would rule over nothing")
