from typing import Any

import pytest

from controller.decisions.actions import Actions, CreateVolume, LookAgain, MakeDirectory, Outcomes, Tell, TryAgain
from controller.duties.settling import Again, Gateways, Later, NotLeading, Settled, Settler
from controller.export.outcomes import DirectoryState, Made
from controller.gateway import ChangedMeanwhile, EffectRefused
from kube.events import ObjectReference
from policy.model import Directories

ABOUT = ObjectReference("v1", "PersistentVolumeClaim", "data", "team-a", "uid")
NEWS = Tell(ABOUT, "Normal", "Done", "It is done.")
CREATE = CreateVolume(ABOUT, {})
MADE = Made(DirectoryState(0o2770, 0, 0))


class Recorder:
    """An API gateway that remembers, and fails as it is told to."""

    def __init__(self) -> None:
        self.told: list[Tell] = []
        self.created = 0
        self.failure: Exception | None = None

    def create_volume(self, _volume: Any) -> None:
        if self.failure:
            raise self.failure
        self.created += 1

    def patch_gates(self, *_: Any) -> None:
        raise AssertionError

    patch_class = patch_mount_options = patch_gates

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
    return Settler(Gateways(api, lambda _segments, _wish: MADE), lambda: True)


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
    case = Scripted((MakeDirectory(("a",), Directories()),), (MakeDirectory(("b",), Directories()),), (NEWS,))

    assert settler.settle(case) == Settled()
    assert case.shown == [{}, {("a",): MADE}, {("a",): MADE, ("b",): MADE}]


def test_a_change_in_between_ends_the_try_before_anything_is_told(api: Recorder, settler: Settler) -> None:
    api.failure = ChangedMeanwhile("somebody was faster")

    assert settler.settle(Scripted((CREATE, NEWS))) == Again("somebody was faster")
    assert api.told == []


def test_a_refusal_by_the_api_is_told_in_its_own_words(api: Recorder, settler: Settler) -> None:
    api.failure = EffectRefused("exceeded quota: team-a")

    assert settler.settle(Scripted((CREATE, NEWS))) == Again("exceeded quota: team-a")
    assert [(each.reason, each.about, each.type) for each in api.told] == [("ProvisioningFailed", ABOUT, "Warning")]
    assert "exceeded quota: team-a" in api.told[0].message


@pytest.mark.parametrize("action", [CREATE, NEWS, MakeDirectory(("a",), Directories())])
def test_without_the_lease_nothing_has_an_effect(api: Recorder, action: Any) -> None:
    made = []
    settler = Settler(Gateways(api, lambda segments, _wish: made.append(segments) or MADE), lambda: False)

    with pytest.raises(NotLeading):
        settler.settle(Scripted((action,)))
    assert (api.created, api.told, made) == (0, [], [])


def test_a_case_that_never_has_enough_directories_gives_way_to_others(settler: Settler) -> None:
    rounds = [(MakeDirectory((str(number),), Directories()),) for number in range(100)]

    assert isinstance(settler.settle(Scripted(*rounds)), Again)
