"""What becomes of a claim that asks for more than it has; that the API server agrees is tried on a real one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from controller.decisions.actions import AllocateClaim, GrowClaim, GrowVolume, LookAgain, Tell, TryAgain
from controller.decisions.expansion import ExpansionFacts, decide_expansion
from controller.export.outcomes import Blocked, Disturbed, ExportState, Limited, Missing, Outcome, Unavailable
from controller.export.requests import Limit, LimitDirectory
from controller.rules import Rules
from policy import keys
from policy.parameters import QuotaKind

Json = dict[str, Any]
Make = Callable[..., Json]

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
HELD = Limit(QuotaKind.PROJECT, 3 << 30, "claim-uid")
RAISED = LimitDirectory(("team-a", "data"), HELD)
OURS = {"metadata": {"name": "ours"}, "provisioner": keys.PROVISIONER, "allowVolumeExpansion": True}


@pytest.fixture
def claim(raw_claim: Make) -> Json:
    """A bound claim that has 1Gi and asks for 3Gi, which are allocated to it."""
    bound = raw_claim(volumeName="pvc-claim-uid", resources={"requests": {"storage": "3Gi"}})
    bound["status"] = {"phase": "Bound", "capacity": {"storage": "1Gi"}, "allocatedResources": {"storage": "3Gi"}}
    return bound


@pytest.fixture
def asking(claim: Json) -> Json:
    """The same claim while nothing is allocated to it yet."""
    del claim["status"]["allocatedResources"]
    return claim


@pytest.fixture
def volume(raw_volume: Make) -> Json:
    """Its volume."""
    made = raw_volume(capacity={"storage": "1Gi"})
    made["metadata"] |= {"name": "pvc-claim-uid", "annotations": {keys.PROVISIONED_BY: keys.PROVISIONER}}
    return made


@pytest.fixture
def decide(rules: Rules, claim: Json, volume: Json) -> Callable[..., tuple[Any, ...]]:
    def decided(storage_class: Json | None = OURS, raised: Outcome | None = None) -> tuple[Any, ...]:
        facts = ExpansionFacts(rules.policy.exports[0], ("team-a", "data"), volume, storage_class, NOW)
        return decide_expansion(claim, facts, {RAISED: raised} if raised else {})

    return decided


def written(patch: Any) -> dict[str, Any]:
    return {each["path"]: each["value"] for each in patch if each["op"] == "add"}


def guarded(patch: Any) -> dict[str, Any]:
    return {each["path"]: each["value"] for each in patch if each["op"] == "test"}


UNDER_WAY = {"type": "Resizing", "status": "True", "lastTransitionTime": "2030-01-02T03:04:05+00:00"}


@pytest.mark.parametrize("held", ["none", "project"])
def test_what_is_asked_for_is_allocated_before_anything_grows(
    decide: Any, asking: Json, volume: Json, held: str
) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = held
    allocated, again = decide()
    assert isinstance(allocated, AllocateClaim)
    assert written(allocated.patch) == {
        "/status/allocatedResources": {"storage": "3Gi"},
        "/status/allocatedResourceStatuses": {"storage": "ControllerResizeInProgress"},
        "/status/conditions": [UNDER_WAY],
    }
    assert isinstance(again, LookAgain)


def test_it_is_allocated_only_while_it_is_asked_for_which_quotas_count_already(decide: Any, asking: Json) -> None:
    allocated, _ = decide()
    assert guarded(allocated.patch) == {
        "/metadata/uid": "claim-uid",
        "/status/capacity/storage": "1Gi",
        "/spec/resources/requests/storage": "3Gi",
        "/status/conditions": None,
    }


def test_a_request_raised_once_more_is_allocated_too_and_nothing_else_is_lost(decide: Any, claim: Json) -> None:
    other = {"type": "ModifyingVolume", "status": "True"}
    claim["status"] |= {
        "allocatedResources": {"storage": "2Gi", "example.com/other": "1"},
        "allocatedResourceStatuses": {"storage": "ControllerResizeInfeasible", "example.com/other": "x"},
        "conditions": [{"type": "Resizing", "status": "True"}, other, {"type": "ControllerResizeError"}],
    }
    allocated, _ = decide()
    assert written(allocated.patch) == {
        "/status/allocatedResources": {"storage": "3Gi", "example.com/other": "1"},
        "/status/allocatedResourceStatuses": {"storage": "ControllerResizeInProgress", "example.com/other": "x"},
        "/status/conditions": [other, UNDER_WAY],
    }


def test_where_the_api_server_drops_what_is_allocated_the_rest_is_done_all_the_same(decide: Any, asking: Json) -> None:
    asking["status"]["conditions"] = [UNDER_WAY]
    volume, claim, _ = decide()
    assert (type(volume), type(claim)) == (GrowVolume, GrowClaim)
    assert written(claim.patch)["/status/conditions"] == []


def test_a_request_lowered_before_the_volume_has_grown_is_what_counts_and_the_rest_is_given_back(
    decide: Any, claim: Json
) -> None:
    claim["status"]["allocatedResources"]["storage"] = "9Gi"
    volume, grown, _ = decide()
    assert written(volume.patch) == {"/spec/capacity/storage": "3Gi"}
    assert written(grown.patch)["/status/allocatedResources"] == {"storage": "3Gi"}


@pytest.mark.parametrize("storage_class", [None, OURS | {"allowVolumeExpansion": False}], ids=["gone", "changed"])
def test_a_class_that_changes_holds_up_nothing_that_has_begun(decide: Any, storage_class: Json | None) -> None:
    volume, claim, _ = decide(storage_class)
    assert (type(volume), type(claim)) == (GrowVolume, GrowClaim)


def test_the_volume_grows_first_then_the_claim_says_so_then_its_author_is_told(decide: Any) -> None:
    volume, claim, told = decide()
    assert isinstance(volume, GrowVolume)
    assert written(volume.patch) == {"/spec/capacity/storage": "3Gi"}
    assert isinstance(claim, GrowClaim)
    assert written(claim.patch) == {"/status/capacity/storage": "3Gi", "/status/allocatedResources": {"storage": "3Gi"}}
    assert (told.about, told.type, told.reason) == (claim.about, "Normal", "VolumeExpanded")
    assert told.message.startswith("Expanded from 1Gi to 3Gi. The size is not enforced on export main (quota: none)")


def test_where_the_file_system_holds_it_to_its_size_the_limit_grows_before_the_volume(
    decide: Any, volume: Json
) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = "project"
    assert decide() == (RAISED,)

    grown, claim, told = decide(raised=Limited())

    assert (type(grown), type(claim)) == (GrowVolume, GrowClaim)
    limit = "The file system of export main has a limit there (quota: project)."
    assert told.message == f"Expanded from 1Gi to 3Gi. {limit}"


def test_a_volume_that_has_grown_already_has_its_limit_looked_at_again(decide: Any, volume: Json) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = "project"
    volume["spec"]["capacity"]["storage"] = "3Gi"
    assert decide() == (RAISED,)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        pytest.param(Blocked("it is no subvolume"), "its limit cannot be raised: it is no subvolume", id="blocked"),
        pytest.param(Missing(), "its directory is gone, and the limit with it", id="no directory"),
    ],
)
def test_a_claim_whose_limit_cannot_grow_does_not_grow_either(
    decide: Any, volume: Json, outcome: Outcome, told: str
) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = "project"
    event, given_up = decide(raised=outcome)
    assert (event.reason, event.message) == ("VolumeExpansionFailed", f"This claim does not grow: {told}.")
    (failed,) = written(given_up.patch)["/status/conditions"]
    assert (failed["type"], failed["message"]) == ("ControllerResizeError", told)
    assert written(given_up.patch)["/status/allocatedResourceStatuses"] == {"storage": "ControllerResizeInfeasible"}


@pytest.mark.parametrize("server", ["keeps", "drops"])
def test_a_claim_says_once_that_it_cannot_grow_and_is_tried_again_with_every_look(
    decide: Any, claim: Json, volume: Json, server: str
) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = "project"
    claim["status"]["conditions"] = [UNDER_WAY, {"type": "ControllerResizeError", "status": "True", "message": "why"}]
    if server == "drops":
        del claim["status"]["allocatedResources"]

    (event,) = decide(raised=Blocked("another why"))
    assert event.reason == "VolumeExpansionFailed"
    assert decide() == (RAISED,)
    assert [type(each) for each in decide(raised=Limited())] == [GrowVolume, GrowClaim, Tell]


def test_what_is_allocated_comes_down_with_the_request_of_a_claim_that_cannot_grow(
    decide: Any, claim: Json, volume: Json
) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = "project"
    claim["status"]["allocatedResources"]["storage"] = "9Gi"
    claim["status"]["conditions"] = [UNDER_WAY, {"type": "ControllerResizeError", "status": "True", "message": "why"}]
    _, lowered = decide(raised=Blocked("why"))
    assert written(lowered.patch)["/status/allocatedResources"] == {"storage": "3Gi"}
    assert guarded(lowered.patch)["/spec/resources/requests/storage"] == "3Gi"
    assert [each["type"] for each in written(lowered.patch)["/status/conditions"]] == [
        "Resizing",
        "ControllerResizeError",
    ]


def test_a_limit_that_is_refused_to_a_volume_that_has_grown_is_told_and_changes_no_claim(
    decide: Any, volume: Json
) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = "project"
    volume["spec"]["capacity"]["storage"] = "3Gi"
    (event,) = decide(raised=Blocked("why"))
    assert event.reason == "VolumeExpansionFailed"


@pytest.mark.parametrize("outcome", [Disturbed("why"), Unavailable(ExportState.DENIED, "why")])
def test_a_limit_that_cannot_grow_now_is_tried_again(decide: Any, volume: Json, outcome: Outcome) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = "project"
    event, again = decide(raised=outcome)
    assert event.message == "The limit of this claim cannot be raised now: why. It is tried again."
    assert isinstance(again, TryAgain)


def test_a_volume_that_says_what_nobody_knows_is_not_grown_as_if_it_said_nothing(decide: Any, volume: Json) -> None:
    volume["metadata"]["annotations"][keys.HELD_BY] = "zfs"
    (event,) = decide()
    assert "annotation nfs-steward.io/quota of its volume is 'zfs', none of none, project, btrfs" in event.message


def test_both_writes_hold_only_for_what_was_seen_but_for_the_request_which_may_go_on_changing(decide: Any) -> None:
    volume, claim, _ = decide()
    assert guarded(volume.patch) == {
        "/metadata/uid": "volume-uid",
        "/spec/claimRef/uid": "claim-uid",
        "/spec/capacity/storage": "1Gi",
    }
    assert guarded(claim.patch) == {
        "/metadata/uid": "claim-uid",
        "/status/capacity/storage": "1Gi",
    }


@pytest.mark.parametrize(
    ("has", "size", "said"),
    [
        pytest.param("3Gi", "3Gi", "Expanded from 1Gi to 3Gi. ", id="killed between the two writes"),
        pytest.param("3072Mi", "3072Mi", "Expanded from 1Gi to 3072Mi. ", id="the same in another unit"),
        pytest.param(
            "9Gi",
            "9Gi",
            "Expanded from 1Gi to 9Gi, which the volume had already when the request was lowered to 3Gi",
            id="lowered between the two writes",
        ),
    ],
)
@pytest.mark.parametrize("storage_class", [OURS, None], ids=["class there", "class gone"])
def test_a_volume_that_is_large_enough_needs_only_the_claim_to_say_so(
    decide: Any, volume: Json, has: str, size: str, said: str, storage_class: Json | None
) -> None:
    volume["spec"]["capacity"]["storage"] = has
    claim, told = decide(storage_class)
    assert isinstance(claim, GrowClaim)
    assert written(claim.patch) == {"/status/capacity/storage": size, "/status/allocatedResources": {"storage": size}}
    assert told.message.startswith(said)


def test_what_spoke_of_an_expansion_under_way_is_taken_away_and_nothing_else(decide: Any, claim: Json) -> None:
    other = {"type": "ModifyingVolume", "status": "True"}
    resizing = [{"type": "Resizing", "status": "True"}, {"type": "FileSystemResizePending", "status": "True"}]
    claim["status"] |= {
        "conditions": [resizing[0], other, resizing[1]],
        "allocatedResources": {"storage": "3Gi", "example.com/other": "1"},
        "allocatedResourceStatuses": {"storage": "ControllerResizeInProgress"},
    }
    _, effect, _ = decide()
    assert written(effect.patch) == {
        "/status/capacity/storage": "3Gi",
        "/status/allocatedResources": {"storage": "3Gi", "example.com/other": "1"},
        "/status/conditions": [other],
    }
    assert guarded(effect.patch)["/status/conditions"] == [resizing[0], other, resizing[1]]
    assert {"op": "remove", "path": "/status/allocatedResourceStatuses/storage"} in effect.patch


@pytest.mark.parametrize(
    ("storage_class", "why"),
    [
        pytest.param(None, "its StorageClass 'ours' is gone", id="gone"),
        pytest.param(OURS | {"allowVolumeExpansion": False}, "does not allow it (any more)", id="changed"),
        pytest.param({"provisioner": keys.PROVISIONER}, "does not allow it (any more)", id="silent"),
    ],
)
def test_without_a_class_that_allows_it_nothing_begins_to_grow_and_the_author_is_told(
    decide: Any, asking: Json, storage_class: Json | None, why: str
) -> None:
    (told,) = decide(storage_class)
    assert isinstance(told, Tell)
    assert (told.type, told.reason, told.about.kind) == ("Warning", "VolumeExpansionFailed", "PersistentVolumeClaim")
    assert why in told.message


def test_a_size_that_cannot_be_counted_is_told(decide: Any, claim: Json) -> None:
    claim["spec"]["resources"]["requests"]["storage"] = "1e30"
    (told,) = decide()
    assert told.message == (
        "This claim does not grow: '1e30' is more than 2^63-1, the most that Kubernetes can count to."
    )


@pytest.mark.parametrize("asked", ["1Gi", "1024Mi", "512Mi"])
def test_nothing_happens_to_a_claim_that_has_what_it_asks_for(decide: Any, claim: Json, asked: str) -> None:
    claim["spec"]["resources"]["requests"]["storage"] = asked
    assert decide() == ()


def deleted(obj: Json) -> None:
    obj["metadata"]["deletionTimestamp"] = "2030-01-01T12:00:00Z"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda claim, _: claim["status"].update(phase="Lost"), id="lost"),
        pytest.param(lambda claim, _: claim["spec"].update(volumeName="other"), id="bound elsewhere"),
        pytest.param(lambda _, volume: volume["spec"]["claimRef"].update(uid="other"), id="another claim's volume"),
        pytest.param(lambda _, volume: volume["metadata"].pop("annotations"), id="a static volume"),
        pytest.param(
            lambda _, volume: volume["metadata"].update(annotations={keys.PROVISIONED_BY: "example.com/other"}),
            id="another provisioner's",
        ),
        pytest.param(lambda claim, _: deleted(claim), id="a claim that goes"),
        pytest.param(lambda _, volume: deleted(volume), id="a volume that goes"),
    ],
)
def test_what_is_not_ours_to_grow_is_left_alone(
    decide: Any, claim: Json, volume: Json, change: Callable[[Json, Json], None]
) -> None:
    change(claim, volume)
    assert decide() == ()
