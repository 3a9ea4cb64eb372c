from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import WrongShape
from policy.shapes import annotations, labels, mapping, sequence, text

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: (
        st.lists(children) | st.dictionaries(st.sampled_from(["metadata", "spec", "labels", "x"]), children)
    ),
)


def test_a_field_that_is_there_is_returned_as_it_is() -> None:
    obj = {"spec": {"volumeName": "pv-1", "resources": {"requests": {}}, "accessModes": ["ReadWriteMany"]}}
    assert text(obj, "spec", "volumeName") == "pv-1"
    assert mapping(obj, "spec", "resources") is obj["spec"]["resources"]
    assert sequence(obj, "spec", "accessModes") is obj["spec"]["accessModes"]


@pytest.mark.parametrize("obj", [{}, {"spec": None}, {"spec": {}}, {"spec": {"field": None}}])
def test_absent_and_null_are_the_same(obj: dict[str, Any]) -> None:
    assert text(obj, "spec", "field") is None
    assert mapping(obj, "spec", "field") == {}
    assert sequence(obj, "spec", "field") == ()


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        pytest.param(text, 3, "spec.field should be a string, not a number", id="number for text"),
        pytest.param(text, ["a"], "spec.field should be a string, not a list", id="list for text"),
        pytest.param(mapping, "a", "spec.field should be an object, not a string", id="text for an object"),
        pytest.param(sequence, {}, "spec.field should be a list, not an object", id="object for a list"),
    ],
)
def test_a_field_of_another_type_is_named_with_what_it_should_be(read: Any, value: object, message: str) -> None:
    with pytest.raises(WrongShape) as caught:
        read({"spec": {"field": value}}, "spec", "field")
    assert str(caught.value) == message


def test_a_parent_of_another_type_is_named_itself() -> None:
    with pytest.raises(WrongShape, match=r"^spec should be an object, not a list$"):
        text({"spec": []}, "spec", "field")


@pytest.mark.parametrize(("read", "field"), [(labels, "labels"), (annotations, "annotations")])
def test_labels_and_annotations_hold_strings_only(read: Any, field: str) -> None:
    assert read({"metadata": {field: {"a": "b"}}}) == {"a": "b"}
    assert read({}) == {}
    with pytest.raises(WrongShape, match=rf"metadata.{field}\[a\] should be a string, not a boolean"):
        read({"metadata": {field: {"a": True}}})


@given(st.dictionaries(st.sampled_from(["metadata", "spec"]), anything))
def test_whatever_an_object_holds_reading_it_raises_nothing_but_wrong_shape(obj: dict[str, Any]) -> None:
    for read in (text, mapping, sequence):
        with suppress(WrongShape):
            read(obj, "spec", "x", "x")
    for read_strings in (labels, annotations):
        with suppress(WrongShape):
            read_strings(obj)
