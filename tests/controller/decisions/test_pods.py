from collections.abc import Callable
from typing import Any

import pytest

from controller.decisions.actions import Actions, LiftGates, Tell, TryAgain
from controller.decisions.facts import ExportFacts
from controller.decisions.pods import decide_pod
from controller.export.outcomes import (
    Blocked,
    Disturbed,
    Existed,
    ExportState,
    Made,
    Outcome,
    Unavailable,
)
from controller.export.requests import MakeDirectory
from controller.observed.occupied import Occupant, OccupiedDirectories
from controller.observed.records import PodRecord, pod_record
from policy import keys
from policy.ownership import Ownership

RawPod = Callable[..., dict[str, Any]]
FactsOf = Callable[..., ExportFacts]

STATE = Ownership(0o2770, 1000, 2000)
MADE = Made(STATE)
EXISTED = Existed(STATE)
FULL = Unavailable(ExportState.FULL, "ENOSPC: No space left on device")
OURS = keys.DIRECTORY_GATE
FOREIGN = "example.com/quota"


def asked(*segments: str) -> MakeDirectory:
    """The request for a directory there, as the export's own settings have it."""
    return MakeDirectory(segments, Ownership(0o2770, 1000, 2000))


def kept(raw: dict[str, Any]) -> PodRecord:
    record = pod_record(raw)
    assert record is not None
    return record


def reasons(actions: Actions) -> list[str]:
    return [action.reason for action in actions if isinstance(action, Tell)]


def lifted(actions: Actions) -> list[str]:
    return [
        operation["path"]
        for action in actions
        if isinstance(action, LiftGates)
        for operation in action.patch
        if operation["op"] == "remove"
    ]


def test_the_directory_is_asked_for_before_anything_else(raw_pod: RawPod, facts_of: FactsOf) -> None:
    actions = decide_pod(kept(raw_pod("data=10.0.0.5:/nfs/data/a/b")), facts_of(), {})

    assert actions == (MakeDirectory(("a", "b"), Ownership(mode=0o2770, uid=1000, gid=2000)),)


def test_two_volumes_of_one_directory_ask_for_it_once(raw_pod: RawPod, facts_of: FactsOf) -> None:
    pod = kept(raw_pod("one=10.0.0.5:/nfs/data/a", "two=NFS.corp.example.:/nfs/data//a/"))

    assert len(decide_pod(pod, facts_of(), {})) == 1


@pytest.mark.parametrize(
    ("outcome", "events", "gone"),
    [
        pytest.param(MADE, ["DirectoryCreated", "GateLifted"], True, id="made"),
        pytest.param(EXISTED, ["GateLifted"], True, id="existed"),
        pytest.param(
            Made(STATE, ("owner 1000 was refused",)),
            ["DirectoryCreated", "OwnershipIncomplete", "GateLifted"],
            True,
            id="made, but not given away",
        ),
        pytest.param(Blocked("a link"), ["DirectoryRefused", "GateLifted"], True, id="blocked for good"),
        pytest.param(FULL, ["ExportUnavailable"], False, id="full"),
        pytest.param(Disturbed("it disappears"), ["ExportUnavailable"], False, id="disturbed"),
        pytest.param(
            Unavailable(ExportState.DENIED, "EACCES"), ["ExportUnavailable"], False, id="denied, which may be mended"
        ),
    ],
)
def test_the_gate_follows_what_the_export_answered(
    raw_pod: RawPod, facts_of: FactsOf, outcome: Outcome, events: list[str], gone: bool
) -> None:
    actions = decide_pod(kept(raw_pod("data=10.0.0.5:/nfs/data/a")), facts_of(), {asked("a"): outcome})

    assert reasons(actions) == events
    assert lifted(actions) == (["/spec/schedulingGates/0"] if gone else [])
    assert any(isinstance(action, TryAgain) for action in actions) is not gone


def test_one_directory_that_may_still_come_keeps_the_gate(raw_pod: RawPod, facts_of: FactsOf) -> None:
    pod = kept(raw_pod("one=10.0.0.5:/nfs/data/a", "two=10.0.0.5:/nfs/data/b"))

    actions = decide_pod(pod, facts_of(), {asked("a"): MADE, asked("b"): FULL})

    assert lifted(actions) == []
    assert reasons(actions) == ["DirectoryCreated", "ExportUnavailable"]


@pytest.mark.parametrize(
    ("profile", "path", "why"),
    [
        pytest.param("default", "/nfs/data/../etc", "'..'", id="dots"),
        pytest.param("default", "/nfs", "whole export", id="an ancestor"),
        pytest.param("default", "/", "whole export", id="the server's root"),
        pytest.param("fenced", "/nfs/data/team-b/x", "/nfs/data/${namespace}", id="outside inlinePaths"),
        pytest.param("fenced", "/nfs/data", "/nfs/data/${namespace}", id="the root, outside inlinePaths"),
        pytest.param("strict", "/nfs/data/a", "no inline volumes", id="denied altogether"),
        pytest.param("default", "/nfs/data/theirs/sub", "pvc-1 of namespace team-b", id="in another's volume"),
        pytest.param("default", "/nfs/data/theirs", "pvc-1 of namespace team-b", id="another's volume itself"),
    ],
)
def test_what_the_rules_refuse_is_never_asked_for_and_frees_the_pod_with_a_warning(
    raw_pod: RawPod, facts_of: FactsOf, occupied: OccupiedDirectories, profile: str, path: str, why: str
) -> None:
    occupied.put(Occupant("pvc-1", "team-b", provisioned=True), "main", ("theirs",))

    actions = decide_pod(kept(raw_pod(f"data=10.0.0.5:{path}")), facts_of(profile), {})

    assert reasons(actions) == ["DirectoryRefused", "GateLifted"]
    assert lifted(actions) == ["/spec/schedulingGates/0"]
    warning = next(action for action in actions if isinstance(action, Tell))
    assert (warning.type, warning.about.name) == ("Warning", "web")
    assert why in warning.message


@pytest.mark.parametrize(
    "occupant",
    [
        pytest.param(Occupant("pvc-1", "team-a", provisioned=True), id="its own namespace's"),
        pytest.param(Occupant("shared", "team-b", provisioned=False), id="a static one, which may be shared"),
    ],
)
def test_a_directory_within_such_a_volume_is_made(
    raw_pod: RawPod, facts_of: FactsOf, occupied: OccupiedDirectories, occupant: Occupant
) -> None:
    occupied.put(occupant, "main", ("theirs",))

    actions = decide_pod(kept(raw_pod("data=10.0.0.5:/nfs/data/theirs/sub")), facts_of(), {})

    assert isinstance(actions[0], MakeDirectory)


def test_a_path_within_inline_paths_is_made(raw_pod: RawPod, facts_of: FactsOf) -> None:
    actions = decide_pod(kept(raw_pod("data=10.0.0.5:/nfs/data/team-a/x")), facts_of("fenced"), {})

    assert isinstance(actions[0], MakeDirectory)


def test_the_exports_root_is_there_already(raw_pod: RawPod, facts_of: FactsOf) -> None:
    actions = decide_pod(kept(raw_pod("data=10.0.0.5:/nfs/data/")), facts_of(), {})

    assert lifted(actions) == ["/spec/schedulingGates/0"]
    assert reasons(actions) == ["GateLifted"]


@pytest.mark.parametrize(
    ("profile", "metadata", "volume"),
    [
        pytest.param(None, {}, "data=10.0.0.5:/nfs/data/a", id="its namespace is not opted in"),
        pytest.param(
            "default", {"labels": {keys.INJECT: "disabled"}}, "data=10.0.0.5:/nfs/data/a", id="its author opted it out"
        ),
        pytest.param(
            "default",
            {"annotations": {keys.DIRECTORY: keys.DIRECTORY_IGNORED}},
            "data=10.0.0.5:/nfs/data/a",
            id="its author sees to its directories",
        ),
        pytest.param(
            "default", {"deletionTimestamp": "2030-01-01T12:00:00Z"}, "data=10.0.0.5:/nfs/data/a", id="it is going"
        ),
        pytest.param("default", {}, "data=10.0.0.6:/srv/a", id="another export's"),
        pytest.param("default", {}, "data=10.0.0.9:/nfs/data/a", id="another server's"),
        pytest.param("default", {}, "data=10.0.0.5:/nfs/data2", id="no export's"),
    ],
)
def test_some_pods_are_none_of_our_business(
    raw_pod: RawPod, facts_of: FactsOf, profile: str | None, metadata: dict[str, Any], volume: str
) -> None:
    assert decide_pod(kept(raw_pod(volume, **metadata)), facts_of(profile), {asked("a"): MADE}) == ()


def test_a_pod_without_a_gate_gets_its_directory_and_no_patch(raw_pod: RawPod, facts_of: FactsOf) -> None:
    pod = kept(raw_pod("data=10.0.0.5:/nfs/data/a", gates=()))

    assert isinstance(decide_pod(pod, facts_of(), {})[0], MakeDirectory)
    assert reasons(decide_pod(pod, facts_of(), {asked("a"): MADE})) == ["DirectoryCreated"]
    assert decide_pod(pod, facts_of(), {asked("a"): EXISTED}) == ()


def test_only_our_gates_are_lifted_each_tested_from_the_last_to_the_first(raw_pod: RawPod, facts_of: FactsOf) -> None:
    gates = (FOREIGN, f"{OURS}-second", "other/x", OURS)
    pod = kept(raw_pod("data=10.0.0.5:/nfs/data/a", gates=gates))

    actions = decide_pod(pod, facts_of(), {asked("a"): EXISTED})

    patch = next(action.patch for action in actions if isinstance(action, LiftGates))
    assert patch == [
        {"op": "test", "path": "/metadata/uid", "value": "pod-uid"},
        {"op": "test", "path": "/spec/schedulingGates/3/name", "value": OURS},
        {"op": "remove", "path": "/spec/schedulingGates/3"},
        {"op": "test", "path": "/spec/schedulingGates/1/name", "value": f"{OURS}-second"},
        {"op": "remove", "path": "/spec/schedulingGates/1"},
    ]


@pytest.mark.parametrize(
    ("gates", "gone"),
    [
        pytest.param((OURS, f"{OURS}-main", f"{OURS}-second"), [1], id="the other one still waits"),
        pytest.param((OURS, f"{OURS}-main"), [1, 0], id="the other one is done"),
        pytest.param((OURS, f"{OURS}-second"), [], id="ours is done, the other one still waits"),
        pytest.param((FOREIGN, OURS, f"{OURS}-main"), [2, 1], id="beside a foreign gate"),
    ],
)
def test_of_several_exports_each_lifts_its_own_gate_and_the_last_the_plain_one(
    raw_pod: RawPod, facts_of: FactsOf, gates: tuple[str, ...], gone: list[int]
) -> None:
    pod = kept(raw_pod("one=10.0.0.5:/nfs/data/a", "two=10.0.0.6:/srv/b", gates=gates))

    actions = decide_pod(pod, facts_of(), {asked("a"): EXISTED})

    assert lifted(actions) == [f"/spec/schedulingGates/{index}" for index in gone]


def test_an_inline_csi_volume_is_served_like_a_native_one(raw_pod: RawPod, facts_of: FactsOf) -> None:
    raw = raw_pod()
    attributes = {"server": "10.0.0.5", "share": "/nfs/data/a"}
    raw["spec"]["volumes"] = [{"name": "data", "csi": {"driver": keys.NFS_CSI_DRIVER, "volumeAttributes": attributes}}]

    assert decide_pod(kept(raw), facts_of(), {})[0] == asked("a")
