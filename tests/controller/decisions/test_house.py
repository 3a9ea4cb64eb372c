from typing import Any

import pytest

from controller.decisions.actions import Actions, LookAgain, Tell, TryAgain
from controller.decisions.house import Bereft, decide_house, is_in_use
from controller.export.outcomes import Blocked, Disturbed, Kept, Missing, Moved, Outcome, Underway
from controller.export.requests import KeepHouse, PutBack


def test_the_house_is_kept_by_asking_the_export_to() -> None:
    assert decide_house({}) == (KeepHouse(),)


@pytest.mark.parametrize(
    ("outcome", "actions"),
    [
        pytest.param(Underway(3), (LookAgain(2.0),), id="still at it"),
        pytest.param(Kept(expired=3), (), id="done until the next full pass"),
        pytest.param(Blocked("not ours"), (), id="the area is not ours"),
        pytest.param(
            Disturbed("why"), (TryAgain("the house cannot be kept now: Disturbed(why='why')"),), id="disturbed"
        ),
    ],
)
def test_it_is_asked_for_again_only_while_something_is_to_come(outcome: Outcome, actions: Actions) -> None:
    assert decide_house({KeepHouse(): outcome}) == actions


VOLUME: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "pvc-1", "uid": "uid-1"},
    "status": {"phase": "Bound"},
}
BEREFT = Bereft(VOLUME, ("team-a", "data"))
BACK = PutBack(("team-a", "data"), "uid-1", over_empty=False)
KEPT: dict[Any, Outcome] = {KeepHouse(): Kept(aside=frozenset({"uid-1"}))}


def test_a_volume_in_use_whose_data_lies_aside_gets_it_back() -> None:
    assert decide_house(KEPT, [BEREFT]) == (BACK,)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        pytest.param(Moved(), [("Normal", "DataPutBack")], id="it has"),
        pytest.param(Blocked("there is something"), [("Warning", "DataAside")], id="its place is taken"),
        pytest.param(Missing(), [], id="somebody else was faster"),
    ],
)
def test_what_came_of_it_is_told_on_the_volume(outcome: Outcome, told: list[tuple[str, str]]) -> None:
    actions = decide_house({**KEPT, BACK: outcome}, [BEREFT])

    assert [(each.type, each.reason) for each in actions if isinstance(each, Tell)] == told
    assert len(actions) == len(told)


def test_it_is_tried_again_where_the_export_cannot_do_it_now() -> None:
    (action,) = decide_house({**KEPT, BACK: Disturbed("why")}, [BEREFT])

    assert isinstance(action, TryAgain)


@pytest.mark.parametrize(
    ("changes", "in_use"),
    [
        pytest.param({}, True, id="bound"),
        pytest.param({"status": {"phase": "Released"}}, False, id="its claim is gone"),
        pytest.param({"status": {"phase": "Available"}}, False, id="no claim has it"),
        pytest.param({"metadata": {"deletionTimestamp": "2030-01-01T12:00:00Z"}}, False, id="it is going"),
    ],
)
def test_a_volume_is_in_use_while_it_is_bound_and_stays(changes: dict[str, Any], in_use: bool) -> None:
    assert is_in_use({**VOLUME, **changes}) is in_use
