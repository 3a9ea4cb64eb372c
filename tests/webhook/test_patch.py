"""From decisions to JSON Patches: only what is missing is added, and nothing is replaced but our own list."""

import copy
from typing import Any

import jsonpatch
import pytest

from policy import keys
from policy.errors import WrongShape
from policy.shapes import Json
from webhook.decision import APPEND, Decision, Field, Filled, Place
from webhook.patch import json_pointer, patch_for

TEMPLATE = Place(("spec", "volumes", 0, "ephemeral", "volumeClaimTemplate"), "template.")


def fill(path: str, value: Any, place: Place = Place((), ""), **more: Any) -> Filled:  # noqa: B008
    return Filled(Field(path, tuple(path.split(".")), own_mark=True), value, "a rule", place, **more)


def listed(path: str, value: Any, place: Place = Place((), "")) -> Filled:  # noqa: B008
    return Filled(Field(path, tuple(path.split("."))), value, "a rule", place)


def patch(obj: Json, *fills: Filled) -> list[Any]:
    return list(patch_for(obj, Decision(fills)))


@pytest.mark.parametrize(
    ("obj", "fills", "operations"),
    [
        pytest.param({}, [], [], id="nothing to do"),
        pytest.param({"a": {}}, [fill("a.b", 1)], [("add", "/a/b", 1)], id="a field"),
        pytest.param({"a": {"b": 2}}, [fill("a.b", 1)], [("replace", "/a/b", 1)], id="a field that is there"),
        pytest.param({"a": {"b": None}}, [fill("a.b", 1)], [("add", "/a/b", 1)], id="a field that is null"),
        pytest.param({}, [fill("a.b.c", 1)], [("add", "/a", {"b": {"c": 1}})], id="with missing parents"),
        pytest.param({"a": None}, [fill("a.b", 1)], [("add", "/a", {"b": 1})], id="a parent that is null"),
        pytest.param(
            {},
            [fill("a.b", 1), fill("a.c", 2)],
            [("add", "/a", {"b": 1, "c": 2})],
            id="two children of a missing parent",
        ),
        pytest.param(
            {"a": {}},
            [fill("a.b.c", 1), fill("a.b.d.e", 2)],
            [("add", "/a/b", {"c": 1, "d": {"e": 2}})],
            id="a grandchild of a parent just made",
        ),
        pytest.param({"a": ["x"]}, [fill("a.-", "y")], [("add", "/a/-", "y")], id="a list's end"),
        pytest.param({}, [fill("a.-", "y"), fill("a.-", "z")], [("add", "/a", ["y", "z"])], id="a missing list"),
        pytest.param({"a": []}, [fill("a", ["y"])], [("add", "/a/-", "y")], id="a whole list into an empty one"),
        pytest.param({}, [fill("a", ["y"])], [("add", "/a", ["y"])], id="a whole list"),
        pytest.param(
            {"a": {"n": 1}},
            [fill("a.c", 2, removes=("a", "n"))],
            [("remove", "/a/n"), ("add", "/a/c", 2)],
            id="one field in exchange for another",
        ),
    ],
)
def test_a_decision_becomes_the_fewest_operations(obj: Json, fills: list[Filled], operations: list[Any]) -> None:
    expected = [dict(zip(("op", "path", "value"), operation, strict=False)) for operation in operations]
    assert patch(obj, *fills) == expected


def test_what_was_filled_in_is_listed_beside_it() -> None:
    [spec, metadata] = patch({}, listed("spec.a", 1), listed("spec.b", 2))
    assert spec == {"op": "add", "path": "/spec", "value": {"a": 1, "b": 2}}
    assert metadata == {"op": "add", "path": "/metadata", "value": {"annotations": {keys.FILLED: "spec.a,spec.b"}}}


def test_the_list_of_an_earlier_pass_is_continued() -> None:
    obj = {"metadata": {"annotations": {keys.FILLED: "spec.a"}}, "spec": {}}
    assert patch(obj, listed("spec.b", 2))[-1] == {
        "op": "replace",
        "path": f"/metadata/annotations/{keys.FILLED.replace('/', '~1')}",
        "value": "spec.a,spec.b",
    }


def test_a_field_is_listed_once() -> None:
    [_, metadata] = patch({}, listed("gates.-", 1), listed("gates.-", 2))
    assert metadata["value"] == {"annotations": {keys.FILLED: "gates.-"}}


def test_each_place_has_its_own_list() -> None:
    obj: Json = {"metadata": {}, "spec": {"volumes": [{"ephemeral": {"volumeClaimTemplate": {}}}]}}
    patched = jsonpatch.apply_patch(obj, patch(obj, listed("spec.a", 1), listed("spec.b", 2, TEMPLATE)))
    template = patched["spec"]["volumes"][0]["ephemeral"]["volumeClaimTemplate"]
    assert patched["metadata"]["annotations"] == {keys.FILLED: "spec.a"}
    assert template == {"spec": {"b": 2}, "metadata": {"annotations": {keys.FILLED: "spec.b"}}}


def test_marks_of_our_own_are_not_listed() -> None:
    assert patch({}, fill("metadata.labels.x", "true")) == [
        {"op": "add", "path": "/metadata", "value": {"labels": {"x": "true"}}}
    ]


def test_neither_object_nor_values_are_changed() -> None:
    obj: Json = {"a": {"l": ["x"]}}
    value = {"k": ["v"]}
    before = copy.deepcopy((obj, value))
    patch(obj, fill("a.b", value), fill("a.l.-", "y"), fill("m.n", 1), fill("m.o", 2))
    assert (obj, value) == before


@pytest.mark.parametrize("obj", [{"a": "x"}, {"a": 1}, {"a": True}])
def test_a_parent_of_a_wrong_type_is_named(obj: Json) -> None:
    with pytest.raises(WrongShape):
        patch(obj, fill("a.b", 1))


@pytest.mark.parametrize(
    ("pointer", "text"),
    [
        ((), ""),
        (("spec", "volumes", 0), "/spec/volumes/0"),
        (("metadata", "labels", "a/b~c"), "/metadata/labels/a~1b~0c"),
        (("spec", APPEND), "/spec/-"),
    ],
)
def test_a_pointer_is_written_as_rfc_6901_says(pointer: tuple[str | int, ...], text: str) -> None:
    assert json_pointer(pointer) == text
