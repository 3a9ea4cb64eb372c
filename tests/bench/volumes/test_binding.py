"""Telling when all claims are Bound, and which were Lost on the way."""

import pytest

from bench.volumes.binding import Phases, claims_of, phase_of
from kube.cache import Change, Key


def seen(phases: Phases, *steps: tuple[str, str]) -> None:
    for name, phase in steps:
        phases.changed(Change("changed", Key("bench", name), None, phase))


def test_all_are_bound_once_as_many_as_expected_have_been() -> None:
    phases = Phases(2)

    seen(phases, ("a", "Pending"), ("a", "Bound"), ("b", ""))
    assert not phases.all_bound.is_set()

    seen(phases, ("b", "Bound"))
    assert phases.all_bound.is_set()
    assert (phases.bound, phases.lost) == (2, 0)


def test_a_claim_that_was_lost_for_a_moment_counts() -> None:
    phases = Phases(2)

    seen(phases, ("a", "Lost"), ("a", "Lost"), ("a", "Bound"), ("b", "Bound"))

    assert (phases.bound, phases.lost) == (2, 1)


def test_what_is_bound_again_does_not_count_twice() -> None:
    phases = Phases(2)

    seen(phases, ("a", "Bound"), ("a", "Bound"))

    assert not phases.all_bound.is_set()


def test_claims_name_their_class_and_nothing_else_that_could_choose_a_volume() -> None:
    one, other = claims_of("bench", "nfs", ["a", "b"])
    assert [each["metadata"] for each in (one, other)] == [
        {"name": "a", "namespace": "bench"},
        {"name": "b", "namespace": "bench"},
    ]
    assert one["spec"]["storageClassName"] == "nfs"
    assert not {"volumeName", "selector"} & one["spec"].keys()


@pytest.mark.parametrize(
    ("status", "phase"),
    [pytest.param({"phase": "Lost"}, "Lost", id="a phase"), pytest.param({}, "", id="none for the first moment")],
)
def test_a_claim_says_its_phase(status: dict[str, str], phase: str) -> None:
    assert phase_of({"status": status}) == phase
