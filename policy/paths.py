"""Paths on an export, by segments: tenants choose the values in them, so each value is checked before it is put in.

Peers built the path first and cleaned it afterwards, and had traversal holes: CVE-2026-3864 (csi-driver-nfs),
CVE-2025-62878 (local-path-provisioner).
"""

import re
from collections.abc import Mapping

from policy.errors import PathRefused, shorten

DEFAULT_PATTERN = "${.PVC.namespace}-${.PVC.name}-${pv.metadata.name}"
"""Where a provisioned volume's directory lies below its export, when its StorageClass says nothing else."""

NAMESPACE_VARIABLE = "${namespace}"
"""The one variable of a profile's `inlinePaths`."""

_SPELLINGS = (
    # nfs-subdir-external-provisioner's, csi-driver-nfs's
    (".PVC.namespace", "pvc.metadata.namespace"),
    (".PVC.name", "pvc.metadata.name"),
    (".PV.name", "pv.metadata.name"),
)
_OTHER_SPELLING = dict([*_SPELLINGS, *((theirs, ours) for ours, theirs in _SPELLINGS)])

_LONGEST_SEGMENT = 255
_LONGEST_PATTERN = 1024
_HOSTILE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_VARIABLE = re.compile(r"\$\{([^${}]+)\}")


def check_segment(value: str) -> str:
    """Return `value` where it can be the name of one directory; raises `PathRefused` with the reason."""
    reason = _objection(value)
    if reason:
        raise PathRefused(f"{shorten(value)} cannot be the name of a directory: {reason}")
    return value


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a path; `//` and `/./` collapse, as they do for the server. Segments are not checked."""
    return tuple(segment for segment in path.split("/") if segment not in ("", "."))


def expand_pattern(pattern: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """Put `values` into `pattern` and return the path's segments, never none, each of them checked.

    `values` maps variables (`pvc.metadata.namespace`, `pvc.metadata.name`, `pv.metadata.name`, whatever else the caller
    has) to what stands for them; the spellings `.PVC.namespace` and `.PVC.name` are read too, from either key. A value
    stays within its segment: one with `/` or `..` is refused, not cleaned. Raises `PathRefused`.
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise PathRefused(f"the path pattern is longer than {_LONGEST_PATTERN} characters")
    if "${" in _VARIABLE.sub("", pattern):
        raise PathRefused(f"the path pattern {shorten(pattern)} opens a variable that it does not close")
    # No value holds a `/`, so that those left to split at are the pattern's own.
    expanded = _VARIABLE.sub(lambda found: _value(found[1], values), pattern)
    return tuple(check_segment(segment) for segment in expanded.strip("/").split("/"))


def _value(variable: str, values: Mapping[str, str]) -> str:
    value = values.get(variable, values.get(_OTHER_SPELLING.get(variable, "")))
    if value is None:
        known = ", ".join(f"${{{each}}}" for each in values)
        raise PathRefused(f"the path pattern names {shorten(f'${{{variable}}}')}, which is none of {known}")
    return check_segment(value)


def _objection(segment: str) -> str | None:
    """Why `segment` cannot be the name of one directory, or None where it can."""
    if not segment:
        return "it is empty"
    if segment in (".", ".."):
        return "it means the directory itself, or the one above"
    if _HOSTILE.search(segment):
        return "it holds a separator, a control character or half a character"
    if "${" in segment:
        return "it holds a variable that another program might fill in"
    if len(segment.encode()) > _LONGEST_SEGMENT:
        return f"it is longer than {_LONGEST_SEGMENT} bytes"
    return None
