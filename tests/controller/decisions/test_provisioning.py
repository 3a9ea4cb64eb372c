from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from controller.decisions.actions import Actions, CreateVolume, Tell, TryAgain
from controller.decisions.facts import ExportFacts
from controller.decisions.provisioning import ClaimFacts, decide_claim, tell_left_behind, waits_for_us
from controller.export.outcomes import Blocked, Existed, ExportState, Made, Outcome, Unavailable
from controller.export.requests import Limit, MakeDirectory
from controller.observed.occupied import Occupant, OccupiedDirectories
from controller.observed.records import ClaimRef, VolumeRecord
from controller.rules import Rules
from kube.events import ObjectReference
from policy import keys
from policy.model import Local
from policy.ownership import Ownership
from policy.parameters import QuotaKind

RawClaim = Callable[..., dict[str, Any]]
FactsOf = Callable[..., ExportFacts]

SEGMENTS = ("team-a-data-pvc-claim-uid",)
STATE = Ownership(0o2770, 1000, 2000)
MADE = Made(STATE)


def asked(*segments: str) -> MakeDirectory:
    """The request for a directory there, as the export's own settings have it."""
    return MakeDirectory(segments, Ownership(0o2770, 1000, 2000))


def class_of(**fields: Any) -> dict[str, Any]:
    given = {"provisioner": keys.PROVISIONER, "parameters": {"export": "main"}}
    return {"kind": "StorageClass", "metadata": {"name": "ours"}, **given, **fields}


def volume(**fields: Any) -> VolumeRecord:
    given = {
        "name": "pvc-claim-uid",
        "uid": "volume-uid",
        "source": None,
        "claim": ClaimRef("team-a", "data", "claim-uid"),
        "storage_class": "ours",
        "has_options": True,
        "provisioner": keys.PROVISIONER,
        "left_alone": False,
        "reclaims": True,
        "released": False,
        "deleting": False,
        "held": True,
    }
    return VolumeRecord(**{**given, **fields})


def created(actions: Actions) -> dict[str, Any]:
    return next(action.volume for action in actions if isinstance(action, CreateVolume))


def told(actions: Actions, reason: str) -> str:
    return next(action.message for action in actions if isinstance(action, Tell) and action.reason == reason)


def reasons(actions: Actions) -> list[str]:
    return [action.reason for action in actions if isinstance(action, Tell)]


def test_the_directory_comes_first(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), class_of(), None), {})

    assert actions == (MakeDirectory(SEGMENTS, Ownership(mode=0o2770, uid=1000, gid=2000)),)


def test_the_class_says_who_owns_the_directory(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    parameters = {"export": "main", "mode": "0750", "uid": "7", "gid": "8", "onDelete": "retain"}

    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), class_of(parameters=parameters), None), {})

    assert actions == (MakeDirectory(SEGMENTS, Ownership(mode=0o750, uid=7, gid=8)),)


def test_the_volume_carries_all_that_its_claim_and_class_say(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    claim = raw_claim({keys.MOUNT_OPTIONS: "rsize=65536"}, accessModes=["ReadWriteOnce", "ReadOnlyMany"])

    facts = ClaimFacts(facts_of(), class_of(mountOptions=["nconnect=4"]), None)

    actions = decide_claim(claim, facts, {asked(*SEGMENTS): MADE})

    assert created(actions) == {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": "pvc-claim-uid",
            "annotations": {
                keys.PROVISIONED_BY: keys.PROVISIONER,
                keys.ON_DELETE: "delete",
                keys.VOLUME_GID: "2000",
            },
            "finalizers": [keys.DATA_FINALIZER],
        },
        "spec": {
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
            "capacity": {"storage": "5Gi"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": "team-a",
                "name": "data",
                "uid": "claim-uid",
            },
            "mountOptions": ["nfsvers=4.1", "hard", "noatime", "nconnect=4", "rsize=65536"],
            "nfs": {"server": "10.0.0.5", "path": "/nfs/data/team-a-data-pvc-claim-uid"},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": "ours",
            "volumeMode": "Filesystem",
        },
    }
    assert reasons(actions) == ["DirectoryCreated", "ProvisioningSucceeded"]


LIMIT = Limit(QuotaKind.PROJECT, 5 << 30, "claim-uid")
SIZED = {"parameters": {"export": "main", "quota": "project"}}


@pytest.fixture
def local_facts(facts_of: FactsOf, rules: Rules) -> ExportFacts:
    """The facts of the export where it has its controller at the file system."""
    here = rules.policy.exports[0].model_copy(update={"local": Local(path="/srv", nodeSelector={"nfs": "server"})})
    exports = (here, *rules.policy.exports[1:])
    local = Rules(rules.policy.model_copy(update={"exports": exports}))
    return replace(facts_of(), rules=local, export=here)


def test_a_class_that_says_so_has_the_file_system_hold_the_directory_to_the_claim_s_size(
    raw_claim: RawClaim, local_facts: ExportFacts
) -> None:
    facts = ClaimFacts(local_facts, class_of(**SIZED), None)
    request = replace(asked(*SEGMENTS), limit=LIMIT)
    assert decide_claim(raw_claim(), facts, {}) == (request,)

    actions = decide_claim(raw_claim(), facts, {request: MADE})

    assert created(actions)["metadata"]["annotations"][keys.HELD_BY] == "project"
    assert "The file system has a limit at its size (quota: project)." in told(actions, "ProvisioningSucceeded")


def test_a_limit_that_cannot_be_had_is_told_and_makes_no_volume(raw_claim: RawClaim, local_facts: ExportFacts) -> None:
    request = replace(asked(*SEGMENTS), limit=LIMIT)
    why = "quota: project cannot be had on this export: xfs mounted without prjquota"

    actions = decide_claim(raw_claim(), ClaimFacts(local_facts, class_of(**SIZED), None), {request: Blocked(why)})

    assert why in told(actions, "DirectoryRefused")
    assert not any(isinstance(action, CreateVolume) for action in actions)


@pytest.mark.parametrize(
    ("opted_in", "class_options", "request_", "options"),
    [
        pytest.param(True, [], None, ["nfsvers=4.1", "hard", "noatime"], id="export, profile"),
        pytest.param(False, [], "rsize=1024", ["nfsvers=4.1", "hard"], id="export alone where not opted in"),
        pytest.param(False, ["soft"], None, ["nfsvers=4.1", "soft"], id="a class goes over the export"),
        pytest.param(True, ["atime"], None, ["nfsvers=4.1", "hard", "atime"], id="a class goes over the profile"),
        pytest.param(
            True,
            ["rsize=1024"],
            "rsize=4096",
            ["nfsvers=4.1", "hard", "noatime", "rsize=4096"],
            id="an allowed request goes over the class",
        ),
    ],
)
def test_mount_options_are_laid_over_each_other(
    raw_claim: RawClaim,
    facts_of: FactsOf,
    opted_in: bool,
    class_options: list[str],
    request_: str | None,
    options: list[str],
) -> None:
    claim = raw_claim({keys.MOUNT_OPTIONS: request_} if request_ else None)
    facts = ClaimFacts(facts_of("default" if opted_in else None), class_of(mountOptions=class_options), None)

    assert created(decide_claim(claim, facts, {asked(*SEGMENTS): MADE}))["spec"]["mountOptions"] == options


def test_a_request_that_may_not_be_had_is_told(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    claim = raw_claim({keys.MOUNT_OPTIONS: "suid,wsize=1024"})

    actions = decide_claim(claim, ClaimFacts(facts_of(), class_of(), None), {asked(*SEGMENTS): MADE})

    assert reasons(actions) == ["DirectoryCreated", "MountOptionRefused", "MountOptionRefused", "ProvisioningSucceeded"]


@pytest.mark.parametrize(
    ("state", "gid"),
    [
        pytest.param(Ownership(0o2770, 0, 2000), "2000", id="its directory has the group"),
        pytest.param(Ownership(0o2770, 0, 65534), None, id="the server gave it another"),
    ],
)
def test_pods_are_given_the_group_only_where_the_directory_has_it(
    raw_claim: RawClaim, facts_of: FactsOf, state: Ownership, gid: str | None
) -> None:
    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), class_of(), None), {asked(*SEGMENTS): Made(state)})

    assert created(actions)["metadata"]["annotations"].get(keys.VOLUME_GID) == gid


def test_nobody_is_given_roots_group(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    storage_class = class_of(parameters={"export": "main", "gid": "0"})
    outcome = Made(Ownership(0o2770, 0, 0))

    request = MakeDirectory(SEGMENTS, Ownership(0o2770, 1000, 0))
    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), storage_class, None), {request: outcome})

    assert keys.VOLUME_GID not in created(actions)["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("spec", "storage_class", "words"),
    [
        pytest.param({"selector": {}}, {}, "selector", id="selector"),
        pytest.param({"dataSource": {"kind": "VolumeSnapshot", "name": "x"}}, {}, "data source", id="data source"),
        pytest.param({"dataSourceRef": {"kind": "X", "name": "x"}}, {}, "data source", id="data source reference"),
        pytest.param({"volumeMode": "Block"}, {}, "block", id="block device"),
        pytest.param(
            {}, {"parameters": {"export": "main", "pathPattern": "x"}}, "pathPattern", id="one directory for all"
        ),
        pytest.param({}, {"parameters": {"Mode": "0777"}}, "Mode", id="an unknown parameter"),
        pytest.param({}, {"parameters": {"export": "main", "onDelete": "keep"}}, "onDelete", id="an unknown value"),
        pytest.param({}, {"parameters": {"mode": "rwx"}}, "mode", id="a mode that is none"),
        pytest.param({}, {"parameters": {"gid": "auto"}}, "gid", id="a gid that is none"),
        pytest.param({}, {"parameters": {"uid": "4294967295"}}, "uid", id="a uid that means none"),
        pytest.param({}, {"mountOptions": ["bg"]}, "bg", id="a mount option that a kubelet cannot have"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(
    raw_claim: RawClaim, facts_of: FactsOf, spec: dict[str, Any], storage_class: dict[str, Any], words: str
) -> None:
    facts = ClaimFacts(facts_of(), class_of(**storage_class), None)

    actions = decide_claim(raw_claim(**spec), facts, {})

    assert len(actions) == 1
    assert isinstance(actions[0], Tell)
    assert (actions[0].reason, actions[0].type) == ("ProvisioningFailed", "Warning")
    assert words in actions[0].message


@pytest.mark.parametrize(
    ("place", "words"),
    [
        pytest.param(SEGMENTS, "volume other already uses it", id="another volume's very directory"),
        pytest.param((*SEGMENTS, "x"), "the directory of volume other lies inside it", id="another volume inside"),
    ],
)
def test_another_volumes_place_is_never_given_out(
    raw_claim: RawClaim, facts_of: FactsOf, occupied: OccupiedDirectories, place: tuple[str, ...], words: str
) -> None:
    occupied.put(Occupant("other", "", provisioned=False), "main", place)

    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), class_of(), None), {})

    assert isinstance(actions[0], Tell)
    assert words in actions[0].message


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        pytest.param("team-a", "be /nfs/data/team-a, but export inside lies inside it", id="above it"),
        pytest.param("team-a/fast", "be /nfs/data/team-a/fast, but it lies on export inside", id="its root"),
        pytest.param("team-a/fast/data", "but it lies on export inside", id="a directory on it"),
    ],
)
def test_what_another_export_has_is_never_given_out(
    raw_claim: RawClaim, facts_of: FactsOf, rules_with_an_export_inside: Rules, pattern: str, words: str
) -> None:
    facts = replace(facts_of(), rules=rules_with_an_export_inside)
    storage_class = class_of(parameters={"export": "main", "pathPattern": pattern, "shared": "true"})

    actions = decide_claim(raw_claim(), ClaimFacts(facts, storage_class, None), {})

    assert reasons(actions) == ["ProvisioningFailed"]
    assert words in told(actions, "ProvisioningFailed")


def test_a_name_too_long_for_a_directory_is_refused(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    claim = raw_claim()
    claim["metadata"]["name"] = "x" * 250

    actions = decide_claim(claim, ClaimFacts(facts_of(), class_of(), None), {})

    assert isinstance(actions[0], Tell)
    assert "longer than 255 bytes" in actions[0].message


@pytest.mark.parametrize(
    ("existing", "reasons_"),
    [
        pytest.param(volume(), [], id="ours, for this claim: a former life of ours was faster"),
        pytest.param(volume(provisioner="example.com/other"), ["ProvisioningFailed"], id="somebody else's"),
        pytest.param(volume(claim=ClaimRef("team-a", "data", "x")), ["ProvisioningFailed"], id="for another claim"),
    ],
)
def test_a_volume_that_has_the_name_already_is_fine_only_if_it_is_ours_for_this_claim(
    raw_claim: RawClaim, facts_of: FactsOf, existing: VolumeRecord, reasons_: list[str]
) -> None:
    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), class_of(), existing), {})

    assert reasons(actions) == reasons_
    assert not any(isinstance(action, MakeDirectory | CreateVolume) for action in actions)


@pytest.mark.parametrize(
    ("outcome", "reasons_", "again"),
    [
        pytest.param(Unavailable(ExportState.READ_ONLY, "EROFS"), ["ExportUnavailable"], True, id="read-only"),
        pytest.param(Blocked("a link"), ["DirectoryRefused"], False, id="a link is in the way"),
    ],
)
def test_without_a_directory_there_is_no_volume(
    raw_claim: RawClaim, facts_of: FactsOf, outcome: Outcome, reasons_: list[str], again: bool
) -> None:
    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), class_of(), None), {asked(*SEGMENTS): outcome})

    assert reasons(actions) == reasons_
    assert not any(isinstance(action, CreateVolume) for action in actions)
    assert any(isinstance(action, TryAgain) for action in actions) is again


def test_a_class_may_have_a_directory_that_is_there_changed(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    storage_class = class_of(parameters={"export": "main", "existing": "change"})
    facts, request = ClaimFacts(facts_of(), storage_class, None), replace(asked(*SEGMENTS), change_existing=True)
    assert decide_claim(raw_claim(), facts, {}) == (request,)

    changed = Made(Ownership(0o2770, 1000, 2000), before=Ownership(0o700, 0, 0))
    actions = decide_claim(raw_claim(), facts, {request: changed})

    assert reasons(actions) == ["DirectoryChanged", "ProvisioningSucceeded"]
    assert "with mode 0700, owner 0:0, and was changed" in told(actions, "DirectoryChanged")


def test_a_claims_author_cannot_have_a_directory_changed(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    claim = raw_claim({keys.DIRECTORY: keys.DIRECTORY_CHANGED})

    assert decide_claim(claim, ClaimFacts(facts_of(), class_of(), None), {}) == (asked(*SEGMENTS),)


def test_a_directory_that_is_there_with_another_owner_is_used_and_told(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    outcome = Existed(Ownership(0o700, 0, 0))

    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), class_of(), None), {asked(*SEGMENTS): outcome})

    assert reasons(actions) == ["OwnershipIncomplete", "ProvisioningSucceeded"]


@pytest.mark.parametrize(
    ("annotations", "spec", "storage_class", "waits"),
    [
        pytest.param({}, {}, {}, True, id="asked"),
        pytest.param({keys.STORAGE_PROVISIONER_ANNOTATIONS[0]: "other"}, {}, {}, False, id="another was asked"),
        pytest.param({}, {"volumeName": "x"}, {}, False, id="it names a volume"),
        pytest.param({}, {}, {"provisioner": "other"}, False, id="the class is another's by now"),
        pytest.param({}, {}, {"volumeBindingMode": "WaitForFirstConsumer"}, False, id="the scheduler has not chosen"),
        pytest.param(
            {keys.SELECTED_NODE: "node-1"}, {}, {"volumeBindingMode": "WaitForFirstConsumer"}, True, id="it has chosen"
        ),
        pytest.param({}, {}, {"volumeBindingMode": "Immediate"}, True, id="immediate"),
    ],
)
def test_it_is_our_turn_once_the_binder_asks_us(
    raw_claim: RawClaim, annotations: dict[str, str], spec: dict[str, Any], storage_class: dict[str, Any], waits: bool
) -> None:
    assert waits_for_us(raw_claim(annotations, **spec), class_of(**storage_class), [keys.PROVISIONER]) is waits


@pytest.mark.parametrize(
    ("storage_class", "unclaimed", "waits"),
    [
        pytest.param({}, False, True, id="it is sure to ask us"),
        pytest.param({}, True, False, id="it may give away a volume that is there"),
        pytest.param({"volumeBindingMode": "WaitForFirstConsumer"}, False, False, id="the scheduler comes first"),
        pytest.param({"provisioner": "other"}, False, False, id="it will ask another"),
    ],
)
def test_it_is_our_turn_before_the_binder_asks_where_it_can_only_ask_us(
    raw_claim: RawClaim, storage_class: dict[str, Any], unclaimed: bool, waits: bool
) -> None:
    claim = raw_claim()
    del claim["metadata"]["annotations"]

    assert waits_for_us(claim, class_of(**storage_class), [keys.PROVISIONER], unclaimed=unclaimed) is waits


def test_once_the_binder_asks_us_volumes_that_are_there_do_not_count(raw_claim: RawClaim) -> None:
    assert waits_for_us(raw_claim(), class_of(), [keys.PROVISIONER], unclaimed=True)


def test_the_beta_annotation_asks_us_too(raw_claim: RawClaim) -> None:
    claim = raw_claim()
    claim["metadata"]["annotations"] = {keys.STORAGE_PROVISIONER_ANNOTATIONS[1]: keys.PROVISIONER}

    assert waits_for_us(claim, class_of(), [keys.PROVISIONER])


def test_the_provisioner_whose_place_is_taken_may_be_asked_too(raw_claim: RawClaim) -> None:
    claim = raw_claim({keys.STORAGE_PROVISIONER_ANNOTATIONS[0]: "example.org/old"})

    assert waits_for_us(claim, class_of(provisioner="example.org/old"), [keys.PROVISIONER, "example.org/old"])


RETAINED = ("Retain", {keys.ON_DELETE: "retain"})


@pytest.mark.parametrize(
    ("parameters", "fields", "written", "words"),
    [
        pytest.param({}, {}, ("Delete", {keys.ON_DELETE: "delete"}), "its data is deleted, too", id="nothing"),
        pytest.param(
            {"onDelete": "archive"}, {}, ("Delete", {keys.ON_DELETE: "archive"}), "is kept for ever", id="archive"
        ),
        pytest.param(
            {"onDelete": "archive", "archiveFor": "720h"},
            {"reclaimPolicy": "Delete"},
            ("Delete", {keys.ON_DELETE: "archive", keys.ARCHIVE_FOR: "720h"}),
            "its data is archived, and the archive is kept for 720h",
            id="archive for a time",
        ),
        pytest.param({"onDelete": "retain"}, {}, RETAINED, "stay until an administrator", id="retain"),
        pytest.param(
            {"onDelete": "delete"}, {"reclaimPolicy": "Retain"}, RETAINED, "stay until", id="the reclaim policy says so"
        ),
    ],
)
def test_what_happens_on_delete_is_written_on_the_volume_and_told(
    raw_claim: RawClaim,
    facts_of: FactsOf,
    parameters: dict[str, str],
    fields: dict[str, str],
    written: tuple[str, dict[str, str]],
    words: str,
) -> None:
    storage_class = class_of(parameters={"export": "main", **parameters}, **fields)

    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), storage_class, None), {asked(*SEGMENTS): MADE})

    made = created(actions)
    policy = made["spec"]["persistentVolumeReclaimPolicy"]
    ours = {key: value for key, value in made["metadata"]["annotations"].items() if key.startswith(keys.GROUP)}
    assert (policy, ours) == written
    assert made["metadata"].get("finalizers", []) == ([keys.DATA_FINALIZER] if policy == "Delete" else [])
    assert words in told(actions, "ProvisioningSucceeded")


@pytest.mark.parametrize(
    ("theirs", "parameters", "reasons_"),
    [
        pytest.param(True, {"shared": "true"}, ["DirectoryCreated", "ProvisioningSucceeded"], id="both share"),
        pytest.param(False, {"shared": "true"}, ["ProvisioningFailed"], id="the other does not"),
        pytest.param(True, {}, ["ProvisioningFailed"], id="this one does not"),
    ],
)
def test_two_volumes_have_one_directory_only_where_both_share(
    raw_claim: RawClaim,
    facts_of: FactsOf,
    occupied: OccupiedDirectories,
    theirs: bool,
    parameters: dict[str, str],
    reasons_: list[str],
) -> None:
    occupied.put(Occupant("pvc-other", "team-b", provisioned=True, shared=theirs), "main", ("common",))
    storage_class = class_of(parameters={"export": "main", "pathPattern": "${.PVC.labels.x}", **parameters})
    claim = raw_claim()
    claim["metadata"]["labels"] = {"x": "common"}

    actions = decide_claim(claim, ClaimFacts(facts_of(), storage_class, None), {asked("common"): MADE})

    assert reasons(actions) == reasons_
    assert any(isinstance(action, TryAgain) for action in actions) is ("ProvisioningFailed" in reasons_)


def test_a_volume_that_shares_says_so(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    storage_class = class_of(parameters={"export": "main", "pathPattern": "common", "shared": "true"})

    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), storage_class, None), {asked("common"): MADE})

    assert created(actions)["metadata"]["annotations"][keys.SHARED] == "true"


def test_the_class_says_where_the_directory_is(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    pattern = {"export": "main", "pathPattern": "volumes/${.PVC.namespace}/${.PVC.labels.app}"}
    claim = raw_claim()
    claim["metadata"]["labels"] = {"app": "web"}

    actions = decide_claim(claim, ClaimFacts(facts_of(), class_of(parameters=pattern), None), {})

    assert actions == (asked("volumes", "team-a", "web"),)


GOING = {"deletionTimestamp": "2030-01-01T12:00:00Z"}


@pytest.mark.parametrize(
    ("metadata", "spec", "why"),
    [
        pytest.param(GOING, {}, "The claim is gone before it had a volume", id="is going"),
        pytest.param({}, {"volumeName": "other"}, "The claim has another volume by now", id="has another volume"),
    ],
)
def test_a_claim_that_needs_nothing_any_more_gets_nothing_and_what_was_made_for_it_is_named(
    raw_claim: RawClaim, facts_of: FactsOf, metadata: dict[str, str], spec: dict[str, Any], why: str
) -> None:
    claim = raw_claim(**spec)
    claim["metadata"].update(metadata)
    facts = ClaimFacts(facts_of(), class_of(), None)

    assert decide_claim(claim, facts, {}) == ()
    actions = decide_claim(claim, facts, {asked(*SEGMENTS): MADE})

    path = f"/nfs/data/{SEGMENTS[0]}"
    assert reasons(actions) == ["DirectoryLeftBehind"]
    assert told(actions, "DirectoryLeftBehind") == f"{why}; its directory {path} stays, with nothing in it."


def test_a_directory_that_was_there_before_is_not_said_to_be_empty(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    claim = raw_claim()
    claim["metadata"].update(GOING)

    actions = decide_claim(claim, ClaimFacts(facts_of(), class_of(), None), {asked(*SEGMENTS): Existed(STATE)})

    assert told(actions, "DirectoryLeftBehind").endswith("stays as it was.")


def test_a_directory_that_is_no_longer_the_claims_is_named(raw_claim: RawClaim, facts_of: FactsOf) -> None:
    """As when a label that the path is made of is changed in the moment between the directory and the volume."""
    outcomes = {asked("before"): MADE, asked(*SEGMENTS): MADE}

    actions = decide_claim(raw_claim(), ClaimFacts(facts_of(), class_of(), None), outcomes)

    assert created(actions)["spec"]["nfs"]["path"] == f"/nfs/data/{SEGMENTS[0]}"
    assert told(actions, "DirectoryLeftBehind") == (
        "What the directory is named after has changed while it was made; its directory /nfs/data/before stays, "
        "with nothing in it."
    )


def test_what_is_left_of_a_claim_that_went_is_named(facts_of: FactsOf) -> None:
    about = ObjectReference("v1", "PersistentVolumeClaim", "data", "team-a", "claim-uid")

    actions = tell_left_behind(about, facts_of(), {asked(*SEGMENTS): MADE, asked("x"): Blocked("a link")})

    assert reasons(actions) == ["DirectoryLeftBehind"]
