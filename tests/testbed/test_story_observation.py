from dataclasses import replace
from typing import Any

import pytest

from policy.shapes import Json
from testbed.story.cases import INLINE_VOLUME, NO_CLASS, NO_SIZE, STATIC, Case
from testbed.story.endings import Ending, Expected, State
from testbed.story.manifests import Place
from testbed.story.observation import observe
from testbed.story.snapshot import Scene, Snapshot

PLACE = Place("team-a", "10.0.2.2", "/nfs/data")
MOUNT_ERROR = (
    'MountVolume.SetUp failed for volume "v" : mount failed: exit status 32\nMounting command: mount\n'
    "Output: mount.nfs: mounting 10.0.2.2:/x failed, reason given by server: No such file or directory\n\n"
)


def scene(case: Case, *, pod: Json | None = None, claim: Json | None = None, **snapshot: Any) -> Scene:
    """A case after its manifests were applied; `pod` and `claim` (its spec and status) are what became of them."""
    found: dict[str, tuple[Json, ...]] = {"pods": (), "claims": (), "volumes": ()}
    grown = {"pods": pod or {}, "claims": claim or {}, "volumes": {}}
    kinds = {"Pod": "pods", "PersistentVolumeClaim": "claims", "PersistentVolume": "volumes"}
    for obj in case.manifests(PLACE):
        collection = kinds[obj["kind"]]
        more = grown[collection]
        spec = {**obj["spec"], **more.get("spec", {})}
        found[collection] += ({**obj, "spec": spec, "status": more.get("status", {})},)
    return Scene(case, PLACE, replace(Snapshot(**found), **snapshot))


def event(kind: str, name: str, reason: str, message: str, at: str = "2030-01-01T00:00:00Z") -> Json:
    regarding = {"kind": kind, "namespace": "team-a", "name": name}
    return {"involvedObject": regarding, "reason": reason, "message": message, "lastTimestamp": at}


def waiting(reason: str) -> Json:
    status = {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": reason}}}]}
    return {"spec": {"nodeName": "node"}, "status": status}


RUNNING = {"spec": {"nodeName": "node"}, "status": {"phase": "Running"}}
PENDING = {"spec": {"storageClassName": "standard"}, "status": {"phase": "Pending"}}


def test_a_pod_runs_only_once_its_file_is_on_the_export() -> None:
    running = scene(STATIC, pod=RUNNING)
    assert observe(running, mounts=True).state is State.UNSETTLED
    written = scene(STATIC, pod=RUNNING, paths=frozenset({"team-a/static-volume/static-volume"}))
    expected = Ending(State.RUNNING, "its file is on the export: team-a/static-volume/static-volume")
    assert observe(written, mounts=True) == expected


def test_the_file_of_a_provisioned_volume_is_looked_for_where_the_volume_says() -> None:
    volume = {"metadata": {"name": "pvc-1"}, "spec": {"nfs": {"path": "/nfs/data/team-a-no-class-pvc-1"}}}
    claim = {"spec": {"volumeName": "pvc-1"}, "status": {"phase": "Bound"}}
    paths = frozenset({"team-a-no-class-pvc-1/no-class"})
    bound = scene(NO_CLASS, pod=RUNNING, claim=claim, volumes=(volume,), paths=paths)
    assert observe(bound, mounts=True).state is State.RUNNING


def test_a_pod_that_is_being_created_counts_once_the_kubelet_has_told_of_the_mount() -> None:
    creating = scene(INLINE_VOLUME, pod=waiting("ContainerCreating"))
    assert observe(creating, mounts=True).state is State.UNSETTLED
    failed = event("Pod", "inline-volume", "FailedMount", MOUNT_ERROR)
    ending = observe(replace(creating, snapshot=replace(creating.snapshot, events=(failed,))), mounts=True)
    assert ending.state is State.CONTAINER_CREATING
    assert ending.words == "mount.nfs: mounting 10.0.2.2:/x failed, reason given by server: No such file or directory"


@pytest.mark.parametrize(
    "about",
    [
        pytest.param(event("Pod", "other", "FailedMount", MOUNT_ERROR), id="another Pod"),
        pytest.param(event("Pod", "inline-volume", "Pulled", MOUNT_ERROR), id="another reason"),
        pytest.param(
            {**event("Pod", "inline-volume", "FailedMount", MOUNT_ERROR), "involvedObject": {"kind": "Pod"}},
            id="nobody",
        ),
        pytest.param(
            {
                **event("Pod", "", "FailedMount", MOUNT_ERROR),
                "involvedObject": {"kind": "Pod", "namespace": "team-b", "name": "inline-volume"},
            },
            id="the Pod of that name in the other namespace",
        ),
    ],
)
def test_events_about_others_prove_nothing(about: Json) -> None:
    creating = scene(INLINE_VOLUME, pod=waiting("ContainerCreating"), events=(about,))
    assert observe(creating, mounts=True).state is State.UNSETTLED


def test_a_pending_claim_counts_once_the_binder_has_said_why() -> None:
    assert observe(scene(NO_CLASS, claim=PENDING), mounts=True).state is State.UNSETTLED
    said = event("PersistentVolumeClaim", "no-class", "ExternalProvisioning", "Waiting for a volume.")
    told = scene(NO_CLASS, claim=PENDING, events=(said,))
    assert observe(told, mounts=True) == Ending(State.PENDING, "class standard: Waiting for a volume.")


def test_the_newest_event_speaks() -> None:
    new = event("PersistentVolumeClaim", "no-class", "VolumeMismatch", "new", at="2030-01-01T00:00:09Z")
    old = event("PersistentVolumeClaim", "no-class", "VolumeMismatch", "old", at="2030-01-01T00:00:08Z")
    assert observe(scene(NO_CLASS, claim=PENDING, events=(new, old)), mounts=True).words == "class standard: new"


def test_what_was_refused_counts_whatever_else_is_there() -> None:
    refused = scene(NO_SIZE, refusals={("team-a", "d"): "Required value", ("team-b", "d"): "elsewhere"})
    assert observe(refused, mounts=True) == Ending(State.REFUSED, "Required value")


def test_without_mounts_a_scheduled_pod_counts_with_its_directory_or_without() -> None:
    unscheduled = scene(STATIC, pod={"status": {"phase": "Pending"}})
    assert observe(unscheduled, mounts=False).state is State.UNSETTLED
    scheduled = scene(STATIC, pod={"spec": {"nodeName": "node"}})
    assert observe(scheduled, mounts=False) == Ending(State.SCHEDULED_IN_VAIN, "team-a/static-volume")
    made = scene(STATIC, pod={"spec": {"nodeName": "node"}}, paths=frozenset({"team-a/static-volume"}))
    assert observe(made, mounts=False) == Ending(State.SCHEDULED, "team-a/static-volume")


def test_what_has_not_ended_says_how_it_stands() -> None:
    gated = scene(INLINE_VOLUME, pod={"spec": {"schedulingGates": [{"name": "g"}]}, "status": {"phase": "Pending"}})
    assert observe(gated, mounts=True).words == "no claim, Pod Pending, held by a scheduling gate"
    pulling = event("Pod", "static-volume", "Failed", "cannot pull")
    stuck = scene(STATIC, pod=waiting("ErrImageNeverPull"), claim={"status": {"phase": "Bound"}}, events=(pulling,))
    assert observe(stuck, mounts=True).words == "claim Bound, Pod ErrImageNeverPull; the last Event: cannot pull"


@pytest.mark.parametrize(
    ("ending", "met"),
    [
        pytest.param(Ending(State.PENDING, "class standard: waiting"), True, id="state and phrase"),
        pytest.param(Ending(State.PENDING, "class nfs: waiting"), False, id="another phrase"),
        pytest.param(Ending(State.RUNNING, "class standard"), False, id="another state"),
    ],
)
def test_what_is_expected_is_a_state_and_a_phrase(ending: Ending, met: bool) -> None:
    assert Expected(State.PENDING, "class standard").met_by(ending) is met


@pytest.mark.parametrize(
    ("expected", "without_mounts"),
    [
        pytest.param(Expected(State.RUNNING), Expected(State.SCHEDULED), id="running"),
        pytest.param(
            Expected(State.CONTAINER_CREATING, "No such file"), Expected(State.SCHEDULED_IN_VAIN), id="no mount"
        ),
        pytest.param(Expected(State.PENDING, "x"), Expected(State.PENDING, "x"), id="pending"),
        pytest.param(Expected(State.REFUSED, "x"), Expected(State.REFUSED, "x"), id="refused"),
    ],
)
def test_without_mounts_less_is_expected_of_what_needs_one(expected: Expected, without_mounts: Expected) -> None:
    assert expected.without_mounts() == without_mounts
