"""Reading raw Kubernetes JSON: a field is absent, or has the type its API promises, or the read raises `WrongShape`.

Requests reach the webhook before the API server has validated the object (validation comes after mutation), so every
field may hold anything. `null` counts as absent, as it does for the API server.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from policy.errors import WrongShape

Json: TypeAlias = dict[str, Any]
"""One Kubernetes object, or a part of one, as `json` reads it."""

_NOTHING: Mapping[str, Any] = {}


def text(obj: Mapping[str, Any], *path: str) -> str | None:
    """The string at `path`, or None where it is absent; raises `WrongShape` for anything else."""
    found = _find(obj, path)
    if found is None or isinstance(found, str):
        return found
    raise WrongShape(".".join(path), "a string", found)


def mapping(obj: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The object at `path`, or an empty one where it is absent; raises `WrongShape` for anything else."""
    found = _find(obj, path)
    if found is None:
        return _NOTHING
    if isinstance(found, dict):
        return found
    raise WrongShape(".".join(path), "an object", found)


def sequence(obj: Mapping[str, Any], *path: str) -> Sequence[Any]:
    """The list at `path`, or an empty one where it is absent; raises `WrongShape` for anything else."""
    found = _find(obj, path)
    if found is None:
        return ()
    if isinstance(found, list):
        return found
    raise WrongShape(".".join(path), "a list", found)


def labels(obj: Mapping[str, Any]) -> Mapping[str, str]:
    """An object's labels, every value checked to be a string."""
    return _strings(obj, "labels")


def annotations(obj: Mapping[str, Any]) -> Mapping[str, str]:
    """An object's annotations, every value checked to be a string."""
    return _strings(obj, "annotations")


def _strings(obj: Mapping[str, Any], field: str) -> Mapping[str, str]:
    found = mapping(obj, "metadata", field)
    for key, value in found.items():
        if not isinstance(value, str):
            raise WrongShape(f"metadata.{field}[{key}]", "a string", value)
    return found


def _find(obj: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    here: Any = obj
    for key in path:
        if not isinstance(here, dict):
            return _absent_or_misshapen(obj, path)
        here = here.get(key)
    return here


def _absent_or_misshapen(obj: Mapping[str, Any], path: tuple[str, ...]) -> None:
    """Return where a parent of `path` is absent, raise where it is no object: kept off the path taken every time."""
    here: Any = obj
    for depth, key in enumerate(path):
        if here is None:
            return
        if not isinstance(here, dict):
            raise WrongShape(".".join(path[:depth]) or "the object", "an object", here)
        here = here.get(key)
