import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import keys
from policy.classes import StorageClass, cluster_default, storage_class_of
from policy.errors import WrongShape

GA, BETA = keys.DEFAULT_CLASS_ANNOTATIONS


def storage_class(name: str, created: str = "2026-01-01T00:00:00Z", is_default: bool = True) -> StorageClass:
    return StorageClass(name, "example.com/nfs", is_default, created)


@pytest.mark.parametrize(
    ("annotations", "is_default"),
    [
        ({GA: "true"}, True),
        ({BETA: "true"}, True),
        ({GA: "false", BETA: "true"}, True),
        ({GA: "True"}, False),
        ({GA: ""}, False),
        ({}, False),
    ],
)
def test_either_annotation_marks_a_default_class(annotations: dict[str, str], is_default: bool) -> None:
    raw = {
        "metadata": {"name": "fast", "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": annotations},
        "provisioner": "example.com/nfs",
    }
    assert storage_class_of(raw) == storage_class("fast", is_default=is_default)


def test_a_class_of_a_wrong_shape_is_refused() -> None:
    with pytest.raises(WrongShape, match="provisioner"):
        storage_class_of({"metadata": {"name": "x"}, "provisioner": 3})


@pytest.mark.parametrize(
    ("classes", "default"),
    [
        pytest.param([], None, id="no classes"),
        pytest.param([storage_class("a", is_default=False)], None, id="none marked"),
        pytest.param([storage_class("a", is_default=False), storage_class("b")], "b", id="one marked"),
        pytest.param(
            [storage_class("a"), storage_class("b", "2026-01-02T00:00:00Z"), storage_class("c")], "b", id="the newest"
        ),
        pytest.param([storage_class("b"), storage_class("a"), storage_class("c")], "a", id="of one age, by name"),
    ],
)
def test_the_default_is_the_one_that_the_api_servers_plugin_takes(
    classes: list[StorageClass], default: str | None
) -> None:
    assert cluster_default(classes) == default


@given(st.permutations([storage_class("a"), storage_class("b"), storage_class("c", "2025-01-01T00:00:00Z")]))
def test_the_order_in_which_classes_are_seen_does_not_count(classes: list[StorageClass]) -> None:
    assert cluster_default(classes) == "a"
