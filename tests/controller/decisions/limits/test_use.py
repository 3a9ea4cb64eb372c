"""What is told of how much of a quota is in use: once, and by what stands on the quota itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.decisions.actions import Tell, WriteLimits
from controller.decisions.limits.decision import decide_limits
from controller.decisions.limits.use import Level, next_level
from controller.observed.limits import FoundLimits
from policy.quotas import storage_of

from .team import CONTACT, facts, left_by_us, performed, using


def told(found: FoundLimits) -> list[tuple[str, str]]:
    return [(tell.reason, tell.message) for tell in decide_limits(facts(found)) if isinstance(tell, Tell)]


@pytest.mark.parametrize(
    ("used", "reason", "message"),
    [
        pytest.param({"nfs": "8Gi"}, "QuotaNearlyUsed", "Claims of class nfs ask for 8Gi of 10Gi (80 %).", id="nearly"),
        pytest.param(
            {"nfs": "10Gi"},
            "QuotaUsedUp",
            "Claims of class nfs ask for 10Gi of 10Gi (100 %). New ones are refused until some are deleted.",
            id="all of it",
        ),
        pytest.param(
            {"nfs": "12Gi"},
            "QuotaBelowUse",
            "Claims of class nfs ask for 12Gi of 10Gi: more than the quota is now. Nothing is deleted; new ones are "
            "refused.",
            id="more than that",
        ),
        pytest.param(
            {"nfs_gold": "1Gi"},
            "QuotaBelowUse",
            "Claims of class nfs-gold ask for 1Gi of 0: more than the quota is now. Nothing is deleted; new ones are "
            "refused.",
            id="of a class that may not be used any more",
        ),
    ],
)
def test_both_numbers_are_told_and_whom_to_ask(used: dict[str, str], reason: str, message: str) -> None:
    assert told(using(left_by_us(), **used)) == [(reason, f"{message} For more, ask {CONTACT}.")]


@pytest.mark.parametrize("used", [{}, {"nfs": "0"}, {"nfs": "7Gi", "nfs_gold": "0"}])
def test_little_use_is_no_news(used: dict[str, str]) -> None:
    assert decide_limits(facts(using(left_by_us(), **used))) == ()


def test_a_number_of_claims_is_told_as_a_number() -> None:
    found = left_by_us(max_claims="5")
    assert found.quota
    name = "nfs.storageclass.storage.k8s.io/persistentvolumeclaims"
    ((reason, message),) = told(replace(found, quota=replace(found.quota, used={name: "4"})))
    assert (reason, message.split(". ")[0]) == ("QuotaNearlyUsed", "There are 4 of 5 claims of class nfs (80 %)")


def test_what_was_told_stands_on_the_quota_and_is_not_told_by_the_next_process() -> None:
    found = using(left_by_us(), nfs="8Gi")
    actions = decide_limits(facts(found))
    assert isinstance(actions[0], WriteLimits)
    after = performed(found, actions)
    assert after.quota
    assert after.quota.told == f"{storage_of('nfs')}=80"
    assert decide_limits(facts(using(after, nfs="9Gi"))) == ()


@pytest.mark.parametrize(
    ("used", "reason", "message"),
    [
        pytest.param("8Gi", "QuotaNearlyUsed", "Claims of class nfs ask for 8Gi of 10Gi (80 %).", id="the same"),
        pytest.param("9Gi", "QuotaNearlyUsed", "Claims of class nfs ask for 9Gi of 10Gi (90 %).", id="more by now"),
    ],
)
def test_who_is_reminded_hears_how_much_is_in_use_now_and_whom_to_ask(used: str, reason: str, message: str) -> None:
    found = using(left_by_us(), nfs="8Gi")
    after = using(performed(found, decide_limits(facts(found))), nfs=used)
    (reminder,) = decide_limits(replace(facts(after), remind=True))
    assert isinstance(reminder, Tell)
    assert (reminder.reason, reminder.message) == (reason, f"{message} For more, ask {CONTACT}.")


def test_where_little_is_in_use_there_is_nothing_to_be_reminded_of() -> None:
    assert decide_limits(replace(facts(using(left_by_us(), nfs="7Gi")), remind=True)) == ()


def test_nobody_is_reminded_of_what_cannot_be_read() -> None:
    found = using(left_by_us(), nfs="8Gi")
    after = using(performed(found, decide_limits(facts(found))), nfs="lots")
    assert decide_limits(replace(facts(after), remind=True)) == ()


def test_nothing_is_told_before_the_use_is_counted_by_the_quota_as_it_is() -> None:
    assert decide_limits(facts(left_by_us())) == ()


def test_another_quota_is_told_of_anew() -> None:
    found = using(left_by_us(), nfs="8Gi")
    after = performed(found, decide_limits(facts(found)))
    changed = performed(after, decide_limits(facts(after, quota="9Gi")))
    assert changed.quota
    assert changed.quota.told == ""


def test_a_change_by_hand_that_is_put_back_tells_nothing_anew() -> None:
    found = using(left_by_us(), nfs="8Gi")
    after = performed(found, decide_limits(facts(found)))
    assert after.quota
    tampered = replace(after, quota=replace(after.quota, spec={"hard": {"pods": "1"}}))
    mended = performed(tampered, decide_limits(facts(tampered)))
    assert mended.quota
    assert mended.quota.told == f"{storage_of('nfs')}=80"


@pytest.mark.parametrize(
    ("before", "used", "after"),
    [
        pytest.param(Level.LOW, "79", Level.LOW, id="below"),
        pytest.param(Level.LOW, "80", Level.HIGH, id="at the first threshold"),
        pytest.param(Level.HIGH, "76", Level.HIGH, id="a little below it, once it was told"),
        pytest.param(Level.HIGH, "75", Level.LOW, id="well below it"),
        pytest.param(Level.HIGH, "100", Level.FULL, id="all"),
        pytest.param(Level.FULL, "96", Level.FULL, id="a little less than all"),
        pytest.param(Level.FULL, "95", Level.HIGH, id="well below all"),
        pytest.param(Level.FULL, "101", Level.OVER, id="more than all"),
        pytest.param(Level.OVER, "100", Level.FULL, id="not more any longer"),
        pytest.param(Level.OVER, "10", Level.LOW, id="much less"),
        pytest.param(Level.HIGH, "lots", Level.HIGH, id="what cannot be read changes nothing"),
    ],
)
def test_a_level_rises_at_once_and_falls_late(before: Level, used: str, after: Level) -> None:
    assert next_level(before, used, "100") == after


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(60, 110))
def test_use_that_goes_a_little_up_and_down_is_told_once(steps: list[int], start: int) -> None:
    level, told = Level.LOW, []
    for step in steps:
        now = next_level(level, str(start + step), "100")
        if level < now < Level.OVER:
            told.append(now)
        level = now
    assert len(told) == len({*told})


@given(st.sampled_from(list(Level)), st.integers(0, 10**6), st.integers(0, 10**4))
def test_a_level_that_counts_as_told_never_says_less_than_is_true(before: Level, used: int, hard: int) -> None:
    level = next_level(before, str(used), str(hard))
    assert level >= next_level(Level.LOW, str(used), str(hard))
    assert next_level(level, str(used), str(hard)) == level
