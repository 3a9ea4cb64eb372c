from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.decisions.actions import LiftGates, LookAgain, Tell
from controller.decisions.gates import decide_gates
from controller.observed.records import PodRecord, pod_record
from controller.rules import Rules
from policy import keys
from policy.model import Policy
from policy.profiles import NamespaceSettings, settings_for

RawPod = Callable[..., dict[str, Any]]
SettingsOf = Callable[..., NamespaceSettings]

CREATED = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
OURS = keys.DIRECTORY_GATE
VOLUME = "data=10.0.0.5:/nfs/data/a"


def kept(raw: dict[str, Any]) -> PodRecord:
    record = pod_record(raw)
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("age", "left"),
    [
        pytest.param(timedelta(0), 600, id="new"),
        pytest.param(timedelta(minutes=9, seconds=59), 1, id="almost overdue"),
        pytest.param(timedelta(minutes=-1), 660, id="created by a clock that is ahead"),
    ],
)
def test_a_young_gate_is_looked_at_again_when_it_is_due(
    raw_pod: RawPod, settings_of: SettingsOf, rules: Rules, age: timedelta, left: int
) -> None:
    assert decide_gates(kept(raw_pod(VOLUME)), settings_of(), rules, CREATED + age) == (LookAgain(left),)


def test_an_overdue_gate_comes_off_with_a_warning(raw_pod: RawPod, settings_of: SettingsOf, rules: Rules) -> None:
    pod = kept(raw_pod(VOLUME, gates=(OURS, "example.com/other", f"{OURS}-main", f"{OURS}-second")))

    lift, told = decide_gates(pod, settings_of(), rules, CREATED + timedelta(minutes=10))

    assert isinstance(lift, LiftGates)
    removed = [operation["path"] for operation in lift.patch if operation["op"] == "remove"]
    assert removed == ["/spec/schedulingGates/3", "/spec/schedulingGates/2", "/spec/schedulingGates/0"]
    assert isinstance(told, Tell)
    assert (told.type, told.reason) == ("Warning", "GateTimedOut")
    assert "0:10:00" in told.message


@pytest.mark.parametrize(
    ("pod", "opted_in", "changes", "words"),
    [
        pytest.param({}, False, {}, "not opted in", id="its namespace is not opted in"),
        pytest.param({"labels": {keys.INJECT: "disabled"}}, True, {}, "left alone", id="its author opted it out"),
        pytest.param(
            {"annotations": {keys.DIRECTORY: keys.DIRECTORY_IGNORED}}, True, {}, "left alone", id="it sees to itself"
        ),
        pytest.param({}, True, {"scheduling_gate": False}, "switches", id="the policy has no gates any more"),
        pytest.param({}, True, {"exports": ()}, "managed export", id="the policy has no such export any more"),
    ],
)
def test_an_orphaned_gate_comes_off_at_once(
    raw_pod: RawPod,
    policy: Policy,
    pod: dict[str, Any],
    opted_in: bool,
    changes: dict[str, Any],
    words: str,
) -> None:
    rules = Rules(policy.model_copy(update=changes))
    settings = settings_for(policy, "team-a", {keys.INJECT: keys.INJECT_ENABLED} if opted_in else {})

    lift, told = decide_gates(kept(raw_pod(VOLUME, **pod)), settings, rules, CREATED)

    assert isinstance(lift, LiftGates)
    assert isinstance(told, Tell)
    assert told.reason == "GateOrphaned"
    assert words in told.message


@pytest.mark.parametrize(
    ("gates", "metadata"),
    [
        pytest.param(("example.com/other",), {}, id="only others' gates"),
        pytest.param((OURS,), {"deletionTimestamp": "2030-01-01T12:00:00Z"}, id="it is going"),
    ],
)
def test_some_pods_are_left_to_others(
    raw_pod: RawPod, settings_of: SettingsOf, rules: Rules, gates: tuple[str, ...], metadata: dict[str, Any]
) -> None:
    pod = kept(raw_pod(VOLUME, gates=gates, **metadata))

    assert decide_gates(pod, settings_of(), rules, CREATED + timedelta(days=1)) == ()
