from collections.abc import Callable
from typing import Any

import pytest

from controller.decisions.actions import Actions, ChooseExport, LookAgain, Tell, TryAgain
from controller.decisions.choosing import Candidate, decide_export
from policy import keys

RawClaim = Callable[..., dict[str, Any]]


def well(export: str, free: int | None = 1) -> Candidate:
    return Candidate(export, alive=True, state="ok", free=free)


def unwell(export: str, state: str = "full") -> Candidate:
    return Candidate(export, alive=True, state=state, free=10**15)


DEAD = Candidate("dead", alive=False, state="ok", free=10**15)


def chosen(actions: Actions) -> str:
    (effect,) = actions
    assert isinstance(effect, ChooseExport)
    value: str = effect.patch[-1]["value"]
    return value


@pytest.mark.parametrize(
    ("candidates", "export"),
    [
        pytest.param([well("a", 5), well("b", 7), well("c", 6)], "b", id="the one with the most free space"),
        pytest.param([well("a", 5), well("b", 5)], "a", id="of several the first that the class names"),
        pytest.param([well("a", None), well("b", 0)], "a", id="the first where nobody knows"),
        pytest.param([well("a", None), well("b", 1)], "b", id="one that is known to have any"),
        pytest.param([DEAD, well("a")], "a", id="not one without a controller"),
        *(
            pytest.param([unwell("b", state), well("a")], "a", id=f"not one that is {state}")
            for state in ("full", "read-only", "unreachable", "hanging", "denied")
        ),
    ],
)
def test_a_claim_gets(raw_claim: RawClaim, candidates: list[Candidate], export: str) -> None:
    assert chosen(decide_export(raw_claim(), candidates)) == export


def test_a_choice_stands_as_long_as_its_export_is_well_and_is_looked_at_again(raw_claim: RawClaim) -> None:
    claim = raw_claim(annotations={keys.CHOSEN_EXPORT: "a"})

    (action,) = decide_export(claim, [well("a", 1), well("b", 100)])
    assert isinstance(action, LookAgain)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("full", id="one that is not well any more"),
        pytest.param("dead", id="one that has lost its controller"),
        pytest.param("secret", id="one that the class does not name, by somebody's own hand"),
        pytest.param("", id="nothing"),
    ],
)
def test_another_one_is_chosen_instead_of(raw_claim: RawClaim, before: str) -> None:
    claim = raw_claim(annotations={keys.CHOSEN_EXPORT: before})

    (effect,) = decide_export(claim, [unwell("full"), DEAD, well("a")])

    assert isinstance(effect, ChooseExport)
    assert [step["value"] for step in effect.patch] == ["claim-uid", before, "a"]


def test_where_none_is_well_the_author_reads_why_of_each(raw_claim: RawClaim) -> None:
    told, again = decide_export(raw_claim(), [unwell("a"), DEAD])

    assert isinstance(told, Tell)
    assert (told.reason, told.about.name) == ("NoExportAvailable", "data")
    assert "a is full; dead has no controller" in told.message
    assert isinstance(again, TryAgain)
