from typing import Any

import pytest

from controller.decisions.actions import (
    Actions,
    ApiEffect,
    CreateVolume,
    GrowVolume,
    LookAgain,
    Outcomes,
    Tell,
    TryAgain,
)
from controller.duties.settling import Again, Gateways, Later, NotLeading, Settled, Settler
from controller.export.outcomes import Made
from controller.export.requests import MakeDirectory
from controller.gateway import ChangedMeanwhile, EffectRefused
from kube.events import ObjectReference
from policy.ownership import Ownership

ABOUT = ObjectReference("v1", "PersistentVolumeClaim", "data", "team-a", "uid")
NEWS = Tell(ABOUT, "Normal", "Done", "It is done.")
CREATE = CreateVolume(ABOUT, {})
WISH = Ownership(0o2770, 0, 0)
MADE = Made(WISH)


class Recorder:
    """An API gateway that remembers, and fails as it is told to."""

    def __init__(self) -> None:
        self.told: list[Tell] = []
        self.created = 0
        self.failure: Exception | None = None

    def perform(self, effect: ApiEffect) -> None:
        if self.failure:
            raise self.failure
        assert isinstance(effect, CreateVolume)
        self.created += 1

    def tell(self, event: Tell) -> None:
        self.told.append(event)


class Scripted:
    """A case that decides as written, one entry a round, and remembers what it was shown."""

    def __init__(self, *rounds: Actions) -> None:
        self._rounds = list(rounds)
        self.shown: list[Outcomes] = []

    def decide(self, outcomes: Outcomes) -> Actions:
        self.shown.append(dict(outcomes))
        return self._rounds.pop(0)


@pytest.fixture
def api() -> Recorder:
    return Recorder()


@pytest.fixture
def settler(api: Recorder) -> Settler:
    return Settler(Gateways(api, lambda _request: MADE), lambda: True)


@pytest.mark.parametrize(
    ("actions", "verdict"),
    [
        pytest.param((), Settled(), id="nothing to do"),
        pytest.param((NEWS,), Settled(), id="something told"),
        pytest.param((NEWS, LookAgain(5)), Later(5), id="look again"),
        pytest.param((TryAgain("full"),), Again("full"), id="try again"),
    ],
)
def test_the_verdict_follows_the_actions(settler: Settler, actions: Actions, verdict: object) -> None:
    assert settler.settle(Scripted(actions)) == verdict


def test_the_case_is_asked_again_with_what_the_export_answered(settler: Settler) -> None:
    first, second = MakeDirectory(("a",), WISH), MakeDirectory(("b",), WISH)
    case = Scripted((first,), (second,), (NEWS,))

    assert settler.settle(case) == Settled()
    assert case.shown == [{}, {first: MADE}, {first: MADE, second: MADE}]


def test_a_change_in_between_ends_the_try_before_anything_is_told(api: Recorder, settler: Settler) -> None:
    api.failure = ChangedMeanwhile("somebody was faster")

    assert settler.settle(Scripted((CREATE, NEWS))) == Again("somebody was faster")
    assert api.told == []


MADE_IT = Tell(ABOUT, "Normal", "DirectoryCreated", "Made it.", foreword=True)
WARNING = Tell(ABOUT, "Warning", "OwnershipIncomplete", "Not given away.")
OTHERS = Tell(ObjectReference("v1", "PersistentVolume", "pv"), "Normal", "Done", "It is done.")


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        pytest.param((MADE_IT, CREATE, NEWS), [("Done", "It is done. Made it.")], id="in the good news that follow"),
        pytest.param((MADE_IT, MADE_IT, NEWS), [("Done", "It is done. Made it. Made it.")], id="each of several"),
        pytest.param(
            (MADE_IT, WARNING, NEWS),
            [("OwnershipIncomplete", "Not given away."), ("Done", "It is done. Made it.")],
            id="past a warning",
        ),
        pytest.param((MADE_IT,), [("DirectoryCreated", "Made it.")], id="by itself, where nothing follows"),
        pytest.param(
            (MADE_IT, OTHERS),
            [("Done", "It is done."), ("DirectoryCreated", "Made it.")],
            id="not in what is about another object",
        ),
    ],
)
def test_a_foreword_is_told(api: Recorder, settler: Settler, actions: Actions, told: list[tuple[str, str]]) -> None:
    settler.settle(Scripted(actions))

    assert [(each.reason, each.message) for each in api.told] == told


def test_a_foreword_is_told_although_what_was_to_follow_fails(api: Recorder, settler: Settler) -> None:
    api.failure = ChangedMeanwhile("somebody was faster")

    settler.settle(Scripted((MADE_IT, CREATE, NEWS)))

    assert [each.reason for each in api.told] == ["DirectoryCreated"]


def test_a_refusal_by_the_api_is_told_in_its_own_words(api: Recorder, settler: Settler) -> None:
    api.failure = EffectRefused("exceeded quota: team-a")

    assert settler.settle(Scripted((CREATE, NEWS))) == Again("exceeded quota: team-a")
    assert [(each.reason, each.about, each.type) for each in api.told] == [("ProvisioningFailed", ABOUT, "Warning")]
    assert "exceeded quota: team-a" in api.told[0].message


def test_a_refusal_to_let_a_volume_grow_is_told_to_who_asked_for_it_too(api: Recorder, settler: Settler) -> None:
    api.failure = EffectRefused("no")
    volume = ObjectReference("v1", "PersistentVolume", "pvc-uid", None, "volume-uid")

    settler.settle(Scripted((GrowVolume(volume, [], ABOUT),)))

    assert [(each.reason, each.about) for each in api.told] == [
        ("VolumeExpansionFailed", volume),
        ("VolumeExpansionFailed", ABOUT),
    ]


@pytest.mark.parametrize("action", [CREATE, NEWS, MakeDirectory(("a",), WISH)])
def test_without_the_lease_nothing_has_an_effect(api: Recorder, action: Any) -> None:
    made = []
    settler = Settler(Gateways(api, lambda request: made.append(request) or MADE), lambda: False)

    with pytest.raises(NotLeading):
        settler.settle(Scripted((action,)))
    assert (api.created, api.told, made) == (0, [], [])


def test_a_case_that_never_has_enough_directories_gives_way_to_others(settler: Settler) -> None:
    rounds = [(MakeDirectory((str(number),), WISH),) for number in range(100)]

    assert isinstance(settler.settle(Scripted(*rounds)), Again)
