"""The AdmissionReviews that the contestants are asked to answer.

They were captured from a real API server (1.37, `kubectl apply` of a claim and two Pods on a cluster with a default
class), managedFields and all. One review is made for each namespace, so that no contestant can answer from memory.
"""

import uuid
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

_CAPTURED: Final = Path(__file__).parent / "captured"
_NAMESPACE: Final = "team-0001"  # where they were captured


class Kind(StrEnum):
    """What is under review; the values name the captured files."""

    CLAIM = "claim"
    INLINE_POD = "inline-pod"
    PLAIN_POD = "plain-pod"


TITLES: Final = {
    Kind.CLAIM: "a claim whose author named no class",
    Kind.INLINE_POD: "a Pod with an inline volume on a managed export",
    Kind.PLAIN_POD: "a Pod with nothing for us",
}


def namespace_names(count: int) -> list[str]:
    """The names of the namespaces that the contestants know."""
    return [f"team-{number:04}" for number in range(1, count + 1)]


def captured(kind: Kind) -> dict[str, Any]:
    """One review, as the API server sent it."""
    review = orjson.loads((_CAPTURED / f"{kind}.json").read_bytes())
    assert isinstance(review, dict)
    return review


def reviews(kind: Kind, namespaces: Iterable[str]) -> list[bytes]:
    """One review for each namespace, with a uid of its own, written compactly as the API server does."""
    pattern = orjson.dumps(captured(kind))
    uid = captured(kind)["request"]["uid"].encode()
    return [
        pattern.replace(_NAMESPACE.encode(), namespace.encode()).replace(uid, _uid(kind, namespace).encode())
        for namespace in namespaces
    ]


def write_requests(path: Path, requests: Iterable[tuple[str, bytes]]) -> Path:
    """Write the file that `wrk/post.lua` reads, a line for each URL path and body; returns `path`."""
    path.write_bytes(b"".join(url_path.encode() + b"\t" + body + b"\n" for url_path, body in requests))
    return path


def _uid(kind: Kind, namespace: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{namespace}.{kind}"))
