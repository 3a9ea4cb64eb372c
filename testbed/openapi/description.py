"""Strict validation of objects against a Kubernetes API's own description (OpenAPI v2).

As strict as an API server with `fieldValidation=Strict`: a field that this version does not know is a problem, where it
would otherwise be dropped in silence. What is written in code rather than in the description (which values a field may
have, which fields exclude each other) only an API server can check.
https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policy.shapes import Json

_PREFIX: Final = "#/definitions/"
_QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_GATED: Final = re.compile(r"feature.?gate|\balpha\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to say of one field, which is named as in `spec.containers[0].image`."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path or 'the object'}: {self.what}"


class ApiDescription:
    """The kinds of one Kubernetes version, by what its `swagger.json` says of them."""

    def __init__(self, swagger: Json) -> None:
        self._definitions: Mapping[str, Json] = swagger["definitions"]
        self._kinds = {
            (_api_version(kind), kind["kind"]): definition
            for definition in self._definitions.values()
            for kind in definition.get("x-kubernetes-group-version-kind", ())
        }

    def knows(self, obj: Json) -> bool:
        """Whether this version has the kind of an object, in the object's API version."""
        return (obj["apiVersion"], obj["kind"]) in self._kinds

    def problems(self, obj: Json) -> tuple[Found, ...]:
        """Every reason why this version would refuse the object or drop a part of it."""
        if not self.knows(obj):
            return (Found("", f"this version has no {obj['kind']} in {obj['apiVersion']}"),)
        return tuple(self._of_value(obj, self._kinds[obj["apiVersion"], obj["kind"]], ""))

    def gated(self, obj: Json) -> tuple[Found, ...]:
        """The object's fields that, as their descriptions say, count only with some feature gate; what it says."""
        return tuple(self._gated(obj, self._kinds[obj["apiVersion"], obj["kind"]], ""))

    def _of_value(self, value: object, schema: Json, path: str) -> Iterator[Found]:
        name = schema.get("$ref", "").removeprefix(_PREFIX)
        if name:
            schema = self._definitions[name]
        fits = _FITTING.get(schema.get("format", ""), _FITTING.get(schema.get("type", ""), _anything))
        # A quantity may be a number, too: it is read by a decoder of its own.
        if not fits(value) and not (name == _QUANTITY and _FITTING["number"](value)):
            yield Found(path, f"{value!r} is no {schema.get('format') or schema['type']}")
        elif isinstance(value, dict):
            yield from self._of_object(value, schema, path)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._of_value(item, schema.get("items", {}), f"{path}[{index}]")

    def _of_object(self, value: Json, schema: Json, path: str) -> Iterator[Found]:
        for key in schema.get("required", ()):
            if value.get(key) is None:
                yield Found(_below(path, key), "required, and not there")
        closed = "properties" in schema and "additionalProperties" not in schema
        for key, each in value.items():
            part = _part(schema, key)
            if part is None and closed:
                yield Found(_below(path, key), "this version does not know the field")
            elif part is not None and (each is not None or "properties" not in schema):  # null: the field is absent
                yield from self._of_value(each, part, _below(path, key))

    def _gated(self, value: object, schema: Json, path: str) -> Iterator[Found]:
        """Walk what is known to fit."""
        schema = self._definitions.get(schema.get("$ref", "").removeprefix(_PREFIX), schema)
        if isinstance(value, dict):
            for key, each in value.items():
                part = _part(schema, key) or {}
                if _GATED.search(part.get("description", "")):
                    yield Found(_below(path, key), part["description"])
                yield from self._gated(each, part, _below(path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._gated(item, schema.get("items", {}), f"{path}[{index}]")


def _part(schema: Json, key: str) -> Json | None:
    """What a schema says of one field of an object."""
    found: Json | None = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
    return found


def _api_version(kind: Mapping[str, str]) -> str:
    return f"{kind['group']}/{kind['version']}" if kind["group"] else kind["version"]


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _anything(_value: object) -> bool:
    return True


def _is(*types: type) -> Callable[[object], bool]:
    """Whether a value is of one of these types; in JSON, true is no number."""
    return lambda value: isinstance(value, types) and (not isinstance(value, bool) or bool in types)


# By format, then by type: an `int-or-string` calls itself a string.
_FITTING: Final[Mapping[Any, Callable[[object], bool]]] = {
    "int-or-string": _is(int, str),
    "string": _is(str),
    "boolean": _is(bool),
    "integer": _is(int),
    "number": _is(int, float),
    "array": _is(list),
    "object": _is(dict),
}
