import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import keys
from policy.marks import filled_fields, filled_mark, opted_out, over_quota
from policy.shapes import Json


@pytest.mark.parametrize(
    ("labels", "out"),
    [({}, False), ({keys.INJECT: "disabled"}, True), ({keys.INJECT: "enabled"}, False), ({keys.INJECT: "no"}, False)],
)
def test_only_the_word_itself_opts_out(labels: dict[str, str], out: bool) -> None:
    assert opted_out({"metadata": {"labels": labels}}) is out


@pytest.mark.parametrize(
    ("metadata", "used"),
    [
        pytest.param({"labels": {keys.OVER_QUOTA: "true"}, "annotations": {keys.USED: "2Gi"}}, "2Gi", id="marked"),
        pytest.param({"labels": {keys.OVER_QUOTA: "true"}}, "", id="marked without figures"),
        pytest.param(
            {"labels": {keys.OVER_QUOTA: "true"}, "annotations": {keys.USED: "x" * 999}}, "x" * 100, id="long"
        ),
        pytest.param(
            {"labels": {keys.OVER_QUOTA: "false"}, "annotations": {keys.USED: "2Gi"}}, None, id="another word"
        ),
        pytest.param({"annotations": {keys.USED: "1Gi"}}, None, id="not marked"),
    ],
)
def test_a_claim_is_over_its_size_where_its_mark_says_so(metadata: Json, used: str | None) -> None:
    assert over_quota({"metadata": metadata}) == used


def test_an_object_without_the_mark_had_nothing_filled_in() -> None:
    assert filled_fields({}) == ()


def test_a_mark_that_somebody_edited_is_read_kindly() -> None:
    assert filled_fields({"metadata": {"annotations": {keys.FILLED: " spec.a ,,spec.b,"}}}) == ("spec.a", "spec.b")


fields = st.lists(st.sampled_from(["spec.storageClassName", "spec.accessModes", "spec.mountOptions"]))


@given(fields, fields)
def test_the_mark_lists_each_field_once_in_the_order_of_filling(before: list[str], now: list[str]) -> None:
    listed = filled_fields({"metadata": {"annotations": filled_mark(before, now)}})
    assert len(listed) == len(set(listed))
    assert set(listed) == {*before, *now}
    assert list(listed[: len(set(before))]) == list(dict.fromkeys(before))
