"""What the controller's JSON Patches are made of (RFC 6902)."""

from collections.abc import Iterator, Mapping
from typing import Any


def only_if(path: str, value: Any) -> dict[str, Any]:
    """The whole patch is refused unless this is there; None: unless nothing is."""
    return {"op": "test", "path": path, "value": value}


def annotation(key: str) -> str:
    """The path of an annotation."""
    return _mark("annotations", key)


def set_marks(
    field: str, seen: Mapping[str, str] | None, wanted: Mapping[str, str | None]
) -> Iterator[Mapping[str, Any]]:
    """Set these labels or annotations (`field`), and remove those that are to be None, if none of them has changed
    meanwhile. `seen` are at least these of those that are there; None: the object has no such field.
    """
    if seen is None:
        place = f"/metadata/{field}"
        yield only_if(place, None)
        yield {"op": "add", "path": place, "value": {key: value for key, value in wanted.items() if value is not None}}
        return
    for key, value in wanted.items():
        path = _mark(field, key)
        yield only_if(path, seen.get(key))
        if value is not None:
            yield {"op": "add", "path": path, "value": value}
        elif key in seen:
            yield {"op": "remove", "path": path}


def _mark(field: str, key: str) -> str:
    return f"/metadata/{field}/{key.replace('/', '~1')}"
