from dataclasses import replace

import pytest

from testbed.story.cases import CASES, NO_CLASS, OTHER_BY_NAME, STATIC, Case
from testbed.story.endings import IN_MOUNT_ERROR, Ending, Expected, State
from testbed.story.fills import Fill
from testbed.story.rows import COMPLETE, Half, Proof, Row

NO_NODE = Proof("the node is a stand-in")


def as_it_should_be(case: Case, proof: Proof = COMPLETE) -> Row:
    """The row of a case in which all that can be seen is what is expected."""

    def ending(expected: Expected) -> Ending:
        visible = expected if proof.mounts else expected.without_mounts()
        return Ending(visible.state, f"said: {visible.words}")

    fills = tuple(Fill(field, "value", "profile default") for field in sorted(case.fills))
    return Row(case, "team-b", Half(ending(case.without)), Half(ending(case.with_us), fills), proof)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.letter) for case in CASES])
def test_a_row_holds_when_both_endings_and_the_filled_fields_are_as_expected(case: Case) -> None:
    assert as_it_should_be(case).ok


WRONG = Half(Ending(State.UNSETTLED))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.letter) for case in CASES])
def test_a_row_fails_when_either_ending_differs(case: Case) -> None:
    row = as_it_should_be(case)
    assert not replace(row, without=WRONG).ok
    assert not replace(row, with_us=replace(row.with_us, ending=WRONG.ending)).ok


@pytest.mark.parametrize("case", [pytest.param(case, id=case.letter) for case in CASES])
def test_a_row_fails_when_we_filled_in_something_where_we_may_not(case: Case) -> None:
    row = as_it_should_be(case)
    touched = replace(row.without, fills=(Fill("metadata.labels[x]", "", "profile default"),))
    assert not replace(row, without=touched).ok


@pytest.mark.parametrize("case", [pytest.param(case, id=case.letter) for case in CASES if case.fills])
def test_a_row_fails_when_what_should_be_filled_in_was_not(case: Case) -> None:
    row = as_it_should_be(case)
    assert not replace(row, with_us=replace(row.with_us, fills=row.with_us.fills[1:])).ok


def test_nothing_at_all_may_be_filled_in_where_the_author_named_the_other_class() -> None:
    row = as_it_should_be(OTHER_BY_NAME)
    marked = replace(row.with_us, fills=(Fill("metadata.annotations[x]", "", "profile default"),))
    assert not replace(row, with_us=marked).ok


def test_a_row_without_a_node_holds_with_a_note_and_fails_where_proof_is_strict() -> None:
    row = as_it_should_be(STATIC, NO_NODE)
    assert row.ok
    assert "the node is a stand-in" in row.note
    assert not replace(row, proof=replace(NO_NODE, strict=True)).ok


def test_what_needs_no_node_is_proven_without_one() -> None:
    row = as_it_should_be(OTHER_BY_NAME, replace(NO_NODE, strict=True))
    assert row.ok
    assert row.note == ""


def test_with_a_node_a_scheduled_pod_is_not_enough() -> None:
    row = as_it_should_be(NO_CLASS)
    assert not replace(row, with_us=replace(row.with_us, ending=Ending(State.SCHEDULED))).ok


def test_a_row_as_json_has_the_documented_fields() -> None:
    assert as_it_should_be(STATIC).as_json() == {
        "case": "a",
        "namespace": "team-b",
        "filled": "directory = value; spec.mountOptions = value",
        "rule": "profile default",
        "before": f"ContainerCreating: said: {IN_MOUNT_ERROR}",
        "after": "Running: said: ",
        "expected": f"ContainerCreating: {IN_MOUNT_ERROR}, then Running",
        "ok": True,
    }
    assert "note" in as_it_should_be(STATIC, NO_NODE).as_json()
