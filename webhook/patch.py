"""From a decision to a minimal JSON Patch (RFC 6902).

Only `add` of what is not there, `add` at a list's end, `remove` of what a rewriting takes away, and `replace` of the
class that the API server put in and of our own list of filled fields. A parent that is missing comes with its first
child, in one operation.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Literal

from policy.errors import WrongShape
from policy.marks import filled_fields, filled_mark
from policy.shapes import Json
from webhook.decision import APPEND, Decision, Filled, Place, Pointer
from webhook.wire import PatchOperation


def patch_for(obj: Json, decision: Decision) -> list[PatchOperation]:
    """The patch that carries out `decision` on `obj`; empty where nothing is filled in. `obj` is not changed."""
    writer = _PatchWriter(obj)
    for fill in decision.fills:
        writer.fill(fill)
    for place, fields in _fields_by_place(decision.fills):
        writer.list_filled(place, fields)
    return writer.operations


@lru_cache(maxsize=512)
def json_pointer(pointer: Pointer) -> str:
    """The text of a pointer, with `~` and `/` escaped (RFC 6901)."""
    return "".join(
        f"/{step.replace('~', '~0').replace('/', '~1') if isinstance(step, str) else step}" for step in pointer
    )


def _fields_by_place(fills: Iterable[Filled]) -> Iterator[tuple[Place, list[str]]]:
    listed: dict[Place, list[str]] = {}
    for fill in fills:
        if not fill.field.own_mark:
            listed.setdefault(fill.place, []).append(fill.field.name)
    return iter(listed.items())


class _PatchWriter:
    """Writes operations one after the other, knowing what the earlier ones have made."""

    def __init__(self, obj: Json) -> None:
        self._obj = obj
        self._made: dict[Pointer, Any] = {}
        self.operations: list[PatchOperation] = []

    def fill(self, fill: Filled) -> None:
        """Set the field, after taking away what it replaces."""
        place = fill.place.pointer
        if fill.removes is not None:
            self._write("remove", place + fill.removes)
        self._set(place + fill.field.pointer, fill.value)

    def list_filled(self, place: Place, fields: list[str]) -> None:
        """Add `fields` to the annotation that lists what was filled in at `place`."""
        here = self._obj
        for step in place.pointer:
            here = here[step]  # type: ignore[index]
        for key, value in filled_mark(filled_fields(here), fields).items():
            self._set((*place.pointer, "metadata", "annotations", key), value)

    def _set(self, pointer: Pointer, value: Any) -> None:
        """Put `value` where `pointer` leads, with the parents that are missing on the way."""
        here: Any = self._obj
        for depth, step in enumerate(pointer[:-1], start=1):
            below = _child(here, step)
            if below is None:
                made = self._container(pointer[:depth], is_list=pointer[depth] == APPEND)
                _put(made, pointer[depth:], value)
                return
            here = below
        self._set_in(here, pointer, value)

    def _set_in(self, parent: Any, pointer: Pointer, value: Any) -> None:
        present = _child(parent, pointer[-1])
        if present is None:
            self._write("add", pointer, value)
        elif present == []:
            for each in value:
                self._write("add", (*pointer, APPEND), each)
        else:
            self._write("replace", pointer, value)

    def _container(self, pointer: Pointer, *, is_list: bool) -> Any:
        """The parent that is missing at `pointer`: one that an earlier operation brought, or a new one."""
        made = self._made.get(pointer)
        if made is None:
            made = self._made[pointer] = [] if is_list else {}
            self._write("add", pointer, made)
        return made

    def _write(self, op: Literal["add", "remove", "replace"], pointer: Pointer, *value: Any) -> None:
        operation: PatchOperation = {"op": op, "path": json_pointer(pointer)}
        if value:
            operation["value"] = value[0]
        self.operations.append(operation)


def _child(parent: Any, step: str | int) -> Any:
    """What stands at `step`, or None where nothing does, as behind a list's end."""
    if isinstance(parent, dict):
        return parent.get(step)
    if isinstance(parent, list):
        return None if step == APPEND else parent[int(step)]
    raise WrongShape(str(step), "below an object or a list", parent)


def _put(container: Any, steps: Pointer, value: Any) -> None:
    """Put `value` into a container of ours, making what is missing on the way."""
    *parents, last = steps
    for step, below in zip(parents, steps[1:], strict=True):
        container = container.setdefault(step, [] if below == APPEND else {})
    if last == APPEND:
        container.append(value)
    else:
        container[last] = value
