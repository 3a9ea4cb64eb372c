"""Paths on an export, by segments: tenants choose the values in them, so each value is checked before it is put in.

Peers built the path first and cleaned it afterwards, and had traversal holes: CVE-2026-3864 (csi-driver-nfs),
CVE-2025-62878 (local-path-provisioner).
"""

import re
from collections.abc import Sequence
from typing import Final

from policy.errors import PathRefused, shorten

RESERVED: Final = ".nfs-steward"
"""The directory in an export's root that is ours: what is being removed, archived and copied. No volume lies there."""

SERVERS_OWN: Final = frozenset(
    {
        *(".snapshot", ".snapshots", ".zfs", ".ckpt", "#snapshot", "@recently-snapshot"),
        *("#recycle", "@recycle", "lost+found"),
    }
)
"""What file systems and servers put into a directory by themselves, in lower case: snapshots (ONTAP and OneFS, snapper,
zfsprops(7) `snapdir`, VNX, Synology, QNAP), what was deleted over SMB, what fsck(8) has found. What lies there is of
whoever has data on the server, and some of these names lead there although no directory lists them.
"""

NAMESPACE_VARIABLE = "${namespace}"
"""The one variable of a profile's `inlinePaths`."""

_LONGEST_SEGMENT = 255
_HOSTILE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def check_segment(value: str) -> str:
    """Return `value` where it can be the name of one directory; raises `PathRefused` with the reason."""
    reason = _objection(value)
    if reason:
        raise PathRefused(f"{shorten(value)} cannot be the name of a directory: {reason}")
    return value


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a path; `//` and `/./` collapse, as they do for the server. Segments are not checked."""
    return tuple(segment for segment in path.split("/") if segment not in ("", "."))


def is_reserved(segments: Sequence[str]) -> bool:
    """Whether a path from an export's root is our own area, or lies in it; some file systems do not tell case."""
    return bool(segments) and segments[0].casefold() == RESERVED


def is_servers_own(segment: str) -> bool:
    """Whether a directory of that name is one of `SERVERS_OWN`; some file systems do not tell case."""
    return segment.casefold() in SERVERS_OWN


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
