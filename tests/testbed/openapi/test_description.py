"""Objects against a description of an API: what is refused, what is let through."""

from typing import Any

import pytest

from policy.shapes import Json
from testbed.openapi.description import ApiDescription

QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
KIND = {"group": "shop.example", "version": "v1", "kind": "Shelf"}
TEXT = {"type": "string"}
BOARD = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
SHELF = {
    "type": "object",
    "x-kubernetes-group-version-kind": [KIND],
    "properties": {
        "apiVersion": TEXT,
        "kind": TEXT,
        "boards": {"type": "array", "items": {"$ref": "#/definitions/Board"}},
        "labels": {"type": "object", "additionalProperties": TEXT},
        "anything": {"$ref": "#/definitions/Raw"},
        "port": {"type": "string", "format": "int-or-string"},
        "size": {"$ref": f"#/definitions/{QUANTITY}"},
        "count": {"type": "integer", "format": "int32"},
        "wide": {"type": "boolean", "description": "Wide shelves. Requires the WideShelves feature gate."},
    },
}
DEFINITIONS = {"Shelf": SHELF, "Board": BOARD, "Raw": {"type": "object"}, QUANTITY: TEXT}


@pytest.fixture
def api() -> ApiDescription:
    return ApiDescription({"definitions": DEFINITIONS})


def shelf(**fields: Any) -> Json:
    return {"apiVersion": "shop.example/v1", "kind": "Shelf", **fields}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"boards": [{"name": "a"}], "labels": {"a": "b"}, "count": 3, "wide": True}, id="everything"),
        pytest.param({"anything": {"at": {"all": [1, None]}}}, id="an object of any shape"),
        pytest.param({"port": 80}, id="a number for int-or-string"),
        pytest.param({"port": "http"}, id="a text for int-or-string"),
        pytest.param({"size": "1Gi"}, id="a quantity"),
        pytest.param({"size": 1}, id="a quantity as a number"),
        pytest.param({"wide": None, "boards": None}, id="null for a field that is absent"),
    ],
)
def test_what_fits_has_no_problems(api: ApiDescription, fields: Json) -> None:
    assert api.problems(shelf(**fields)) == ()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param({"bords": []}, "bords: this version does not know the field", id="a typo"),
        pytest.param({"boards": [{"name": "a", "x": 1}]}, "boards[0].x: this version does not", id="in a list's item"),
        pytest.param({"boards": [{}]}, "boards[0].name: required", id="lacking"),
        pytest.param({"boards": [{"name": None}]}, "boards[0].name: required", id="null where it is required"),
        pytest.param({"boards": {}}, "boards: {} is no array", id="no list"),
        pytest.param({"boards": ["a"]}, "boards[0]: 'a' is no object", id="no object"),
        pytest.param({"labels": {"a": 1}}, "labels.a: 1 is no string", id="in a map"),
        pytest.param({"labels": {"a": None}}, "labels.a: None is no string", id="null in a map"),
        pytest.param({"count": "3"}, "count: '3' is no int32", id="a number in quotes"),
        pytest.param({"count": True}, "count: True is no int32", id="true is no number"),
        pytest.param({"wide": "yes"}, "wide: 'yes' is no boolean", id="a text for a boolean"),
        pytest.param({"port": True}, "port: True is no int-or-string", id="true for int-or-string"),
        pytest.param({"size": {}}, "size: {} is no string", id="an object for a quantity"),
    ],
)
def test_what_does_not_fit_is_named(api: ApiDescription, fields: Json, problem: str) -> None:
    (found,) = api.problems(shelf(**fields))
    assert str(found).startswith(problem)


def test_a_kind_that_the_version_does_not_have_is_a_problem(api: ApiDescription) -> None:
    (found,) = api.problems({**shelf(), "apiVersion": "shop.example/v1beta1"})
    assert str(found) == "the object: this version has no Shelf in shop.example/v1beta1"


def test_a_field_that_counts_with_a_feature_gate_only_is_told(api: ApiDescription) -> None:
    assert [each.path for each in api.gated(shelf(wide=True, boards=[{"name": "a"}]))] == ["wide"]
