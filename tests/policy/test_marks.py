import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import keys
from policy.marks import filled_fields, filled_mark, opted_out


@pytest.mark.parametrize(
    ("labels", "out"),
    [({}, False), ({keys.INJECT: "disabled"}, True), ({keys.INJECT: "enabled"}, False), ({keys.INJECT: "no"}, False)],
)
def test_only_the_word_itself_opts_out(labels: dict[str, str], out: bool) -> None:
    assert opted_out({"metadata": {"labels": labels}}) is out


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
