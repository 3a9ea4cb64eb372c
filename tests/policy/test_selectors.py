from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.selectors import LabelSelector, selector_matches

LABELS = {"tier": "gold", "team": "a"}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        pytest.param({}, True, id="empty"),
        pytest.param({"matchLabels": {"tier": "gold"}}, True, id="label"),
        pytest.param({"matchLabels": {"tier": "gold", "team": "a"}}, True, id="both labels"),
        pytest.param({"matchLabels": {"tier": "gold", "team": "b"}}, False, id="one label differs"),
        pytest.param({"matchLabels": {"zone": "x"}}, False, id="label absent"),
        pytest.param(expression("tier", "In", "silver", "gold"), True, id="in"),
        pytest.param(expression("tier", "In", "silver"), False, id="not in"),
        pytest.param(expression("zone", "In", "x"), False, id="in, but absent"),
        pytest.param(expression("tier", "NotIn", "silver"), True, id="excluded value differs"),
        pytest.param(expression("tier", "NotIn", "gold"), False, id="excluded value"),
        pytest.param(expression("zone", "NotIn", "x"), True, id="excluded value of an absent label"),
        pytest.param(expression("tier", "Exists"), True, id="exists"),
        pytest.param(expression("zone", "Exists"), False, id="should exist"),
        pytest.param(expression("zone", "DoesNotExist"), True, id="does not exist"),
        pytest.param(expression("tier", "DoesNotExist"), False, id="should not exist"),
        pytest.param({"matchLabels": {"team": "a"}, **expression("tier", "In", "silver")}, False, id="one of two"),
    ],
)
def test_a_selector_matches_as_in_kubernetes(selector: dict[str, Any], matches: bool) -> None:
    assert selector_matches(LabelSelector.model_validate(selector), LABELS) is matches


label_maps = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3)


@given(label_maps, st.sampled_from("abc"), st.lists(st.sampled_from("xyz"), min_size=1))
def test_opposite_operators_give_opposite_answers(labels: dict[str, str], key: str, values: list[str]) -> None:
    def matches(operator: str, *wanted: str) -> bool:
        return selector_matches(LabelSelector.model_validate(expression(key, operator, *wanted)), labels)

    assert matches("In", *values) != matches("NotIn", *values)
    assert matches("Exists") != matches("DoesNotExist")


@given(label_maps, label_maps)
def test_match_labels_are_a_subset(wanted: dict[str, str], labels: dict[str, str]) -> None:
    selector = LabelSelector.model_validate({"matchLabels": wanted})
    assert selector_matches(selector, labels) == (wanted.items() <= labels.items())
