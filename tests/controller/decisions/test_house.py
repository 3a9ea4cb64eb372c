import pytest

from controller.decisions.actions import Actions, LookAgain, TryAgain
from controller.decisions.house import decide_house
from controller.export.outcomes import Blocked, Disturbed, Kept, Outcome, Underway
from controller.export.requests import KeepHouse


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
