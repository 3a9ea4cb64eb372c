from collections.abc import Callable
from typing import Any

import pytest

from policy.authorship import author_wrote
from policy.errors import WrongShape
from policy.shapes import Json

Entry = Callable[..., Json]


def managed(*entries: Any) -> Json:
    return {"metadata": {"managedFields": list(entries)}}


def test_a_field_in_some_entry_was_written(author_writes: Entry) -> None:
    obj = managed(author_writes("spec.accessModes"), author_writes("spec.storageClassName"))
    assert author_wrote(obj, "spec", "storageClassName")


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["spec.accessModes"], id="another field"),
        pytest.param(["spec"], id="an empty spec"),
        pytest.param(["storageClassName"], id="the same name elsewhere"),
        pytest.param(["metadata.labels"], id="metadata alone"),
    ],
)
def test_a_field_in_no_entry_came_from_somebody_else(author_writes: Entry, fields: list[str]) -> None:
    assert not author_wrote(managed(author_writes(*fields)), "spec", "storageClassName")


@pytest.mark.parametrize("obj", [{}, {"metadata": {}}, {"metadata": {"managedFields": None}}, managed()])
def test_without_any_record_everything_counts_as_written(obj: Json) -> None:
    assert author_wrote(obj, "spec", "storageClassName")


def test_an_entry_without_fields_records_nothing() -> None:
    assert not author_wrote(managed({"manager": "m"}), "spec", "storageClassName")


def test_the_name_of_a_field_is_never_a_prefix(author_writes: Entry) -> None:
    assert not author_wrote(managed(author_writes("spec.storageClassNames")), "spec", "storageClassName")


@pytest.mark.parametrize("entry", ["text", {"fieldsV1": []}, {"fieldsV1": {"f:spec": "text"}}])
def test_a_malformed_record_is_named(entry: object) -> None:
    with pytest.raises(WrongShape):
        author_wrote(managed(entry), "spec", "storageClassName")
