from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.decisions.actions import (
    Action,
    Actions,
    DeleteVolume,
    LookAgain,
    Outcomes,
    ReleaseVolume,
    Tell,
    TryAgain,
)
from controller.decisions.facts import ExportFacts
from controller.decisions.reclaim.decision import decide_reclaim, decide_unserved
from controller.decisions.reclaim.plan import ReclaimFacts, may_be_at_its_end
from controller.export.outcomes import (
    Blocked,
    Disturbed,
    ExportState,
    Finished,
    Missing,
    Moved,
    Outcome,
    Unavailable,
    Underway,
)
from controller.export.requests import ArchiveAside, Archived, PutBack, RemoveAside, Request, SetAside
from controller.observed.occupied import Occupant
from controller.observed.records import volume_record
from controller.rules import Rules
from policy import keys

Json = dict[str, Any]
Facts = Callable[..., ReclaimFacts]

PLACE = ("team-a", "data")
ASIDE, BACK, REMOVE = SetAside(PLACE, "volume-uid"), PutBack(PLACE, "volume-uid"), RemoveAside("volume-uid")
ARCHIVE = ArchiveAside(Archived("volume-uid", "pvc-claim-uid", "team-a", "data", PLACE, "5Gi", None))
HANGING = Unavailable(ExportState.HANGING, "no answer within 10 s")
GOING = {"deletionTimestamp": "2030-01-01T12:00:00Z"}
FINALIZERS = ["kubernetes.io/pv-protection", keys.DATA_FINALIZER]


def volume(phase: str = "Released", on_delete: str | None = "delete", **changes: Any) -> Json:
    """A volume of ours whose claim is gone; `metadata` and `spec` go over what it has."""
    marks = {keys.PROVISIONED_BY: keys.PROVISIONER, **({keys.ON_DELETE: on_delete} if on_delete else {})}
    metadata = {"name": "pvc-claim-uid", "uid": "volume-uid", "annotations": marks, "finalizers": FINALIZERS}
    spec = {
        "capacity": {"storage": "5Gi"},
        "claimRef": {"namespace": "team-a", "name": "data", "uid": "claim-uid"},
        "nfs": {"server": "10.0.0.5", "path": "/nfs/data/team-a/data"},
        "persistentVolumeReclaimPolicy": "Delete",
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {**metadata, **changes.get("metadata", {})},
        "spec": {**spec, **changes.get("spec", {})},
        "status": {"phase": phase},
    }


def retained(phase: str = "Released", **metadata: Any) -> Json:
    return volume(phase, metadata=metadata, spec={"persistentVolumeReclaimPolicy": "Retain"})


@pytest.fixture
def facts(facts_of: Callable[..., ExportFacts]) -> Facts:
    """What is known of a volume; without anything else said, it is as it was first read, and its claim is gone."""

    def known(first: Json | None = None, **changes: Any) -> ReclaimFacts:
        first = first or volume()
        around = facts_of(None)
        found = ReclaimFacts(around.rules, around.export, around.occupied, first, first, claim_lives=False)
        return replace(found, **changes)

    return known


def kinds(actions: Actions) -> list[str]:
    """What is done, and which Events are told, in order."""
    return [action.reason if isinstance(action, Tell) else type(action).__name__ for action in actions]


def message(actions: Actions) -> str:
    return next(action.message for action in actions if isinstance(action, Tell))


def played(facts: ReclaimFacts, export: Mapping[type, Outcome]) -> tuple[list[Request], tuple[Action, ...]]:
    """What is asked of an export that answers so, one after the other, and what is done in the end."""
    asked: dict[Request, Outcome] = {}
    while True:
        actions = decide_reclaim(facts, asked)
        requests = [action for action in actions if isinstance(action, Request)]
        if not requests:
            return list(asked), actions
        asked |= {request: export[type(request)] for request in requests}


LET_GO = ["ReleaseVolume", "DeleteVolume"]
KEPT = ["DataRetained", "LookAgain"]
"""Retained against its own word, and so looked at again."""


@pytest.mark.parametrize(
    ("first", "asked", "done"),
    [
        pytest.param(volume(), [ASIDE, REMOVE], [*LET_GO, "DataRemoved"], id="delete"),
        pytest.param(volume("Failed"), [ASIDE, REMOVE], [*LET_GO, "DataRemoved"], id="failed before"),
        pytest.param(
            volume(metadata={"finalizers": FINALIZERS[:1]}),
            [ASIDE, REMOVE],
            ["DeleteVolume", "DataRemoved"],
            id="not held by us",
        ),
        pytest.param(volume(on_delete="archive"), [ASIDE, ARCHIVE], [*LET_GO, "DataArchived"], id="archive"),
        pytest.param(
            volume(metadata=GOING),
            [ASIDE, REMOVE],
            ["ReleaseVolume", "DataRemoved"],
            id="deleted by hand",
        ),
        pytest.param(
            volume("Available", metadata=GOING, spec={"claimRef": None}),
            [ASIDE, REMOVE],
            ["ReleaseVolume", "DataRemoved"],
            id="deleted by hand without ever a claim",
        ),
        pytest.param(volume("Bound"), [], [], id="in use"),
        pytest.param(volume("Bound", metadata=GOING), [], [], id="deleted by hand, in use"),
        pytest.param(volume("Available"), [], [], id="free"),
        pytest.param(retained(), [BACK], ["ReleaseVolume", "DataRetained"], id="Retain by now"),
        pytest.param(retained(**GOING), [BACK], ["ReleaseVolume", "DataRetained"], id="Retain, deleted by hand"),
        pytest.param(retained("Bound", **GOING), [], [], id="Retain, deleted by hand, in use"),
        pytest.param(retained(finalizers=[]), [], [], id="Retain from the beginning"),
        pytest.param(volume(on_delete="retain"), [BACK], ["DataRetained"], id="retained by its own word"),
        pytest.param(volume(on_delete=None), [BACK], KEPT, id="says nothing"),
        pytest.param(volume(on_delete="shred"), [BACK], KEPT, id="cannot be read"),
        pytest.param(
            volume(on_delete="shred", metadata={**GOING, "annotations": {keys.ON_DELETE: "shred"}}),
            [BACK],
            ["ReleaseVolume", "DataRetained"],
            id="cannot be read, deleted by hand",
        ),
        pytest.param(
            volume(metadata={"annotations": {keys.ON_DELETE: "delete"}, "finalizers": []}), [], [], id="another's"
        ),
        pytest.param(
            volume(metadata={"annotations": {keys.ON_DELETE: "delete"}}),
            [ASIDE, REMOVE],
            [*LET_GO, "DataRemoved"],
            id="another's that was taken over",
        ),
    ],
)
def test_what_becomes_of_a_volume(facts: Facts, first: Json, asked: list[Request], done: list[str]) -> None:
    export = {SetAside: Moved(), RemoveAside: Finished(3), ArchiveAside: Moved(), PutBack: Missing()}

    requests, actions = played(facts(first), export)

    assert requests == asked
    assert kinds(actions) == done


def test_nothing_happens_while_the_claim_is_there(facts: Facts) -> None:
    assert decide_reclaim(facts(claim_lives=True), {}) == ()


def test_effects_are_about_the_very_volume(facts: Facts) -> None:
    _, actions = played(facts(), {SetAside: Moved(), RemoveAside: Finished(3)})
    release, delete, *_ = actions

    assert isinstance(release, ReleaseVolume)
    assert release.patch == [
        {"op": "test", "path": "/metadata/uid", "value": "volume-uid"},
        {"op": "test", "path": "/metadata/finalizers/1", "value": keys.DATA_FINALIZER},
        {"op": "remove", "path": "/metadata/finalizers/1"},
    ]
    assert isinstance(delete, DeleteVolume)
    assert delete.about.uid == "volume-uid"


def test_an_archive_says_how_long_it_is_kept(facts: Facts) -> None:
    marks = {keys.PROVISIONED_BY: keys.PROVISIONER, keys.ON_DELETE: "archive", keys.ARCHIVE_FOR: "720h"}

    (request,) = decide_reclaim(facts(volume(metadata={"annotations": marks})), {ASIDE: Moved()})

    assert isinstance(request, ArchiveAside)
    assert request.archived.keep_for == timedelta(days=30)


@pytest.mark.parametrize(
    ("export", "done", "said"),
    [
        pytest.param(
            {SetAside: Missing(), RemoveAside: Missing()}, [*LET_GO, "DataMissing"], "nothing left", id="nothing there"
        ),
        pytest.param(
            {SetAside: Missing(), RemoveAside: Finished(7)}, [*LET_GO, "DataRemoved"], "7 entries", id="begun before"
        ),
        pytest.param(
            {SetAside: Moved(), RemoveAside: Finished(1, ("2 entries could not be removed",))},
            [*LET_GO, "DataRemoved", "ReclaimIncomplete"],
            "1 entries",
            id="not everything",
        ),
        pytest.param(
            {SetAside: Blocked("'data' is a link"), PutBack: Missing()},
            KEPT,
            "'data' is a link",
            id="a link in the way",
        ),
        pytest.param({SetAside: HANGING}, ["ExportUnavailable", "TryAgain"], "main is hanging", id="no export"),
        pytest.param(
            {SetAside: Disturbed("it was replaced")},
            ["ExportUnavailable", "TryAgain"],
            "it was replaced",
            id="disturbed",
        ),
        pytest.param(
            {SetAside: Moved(), RemoveAside: HANGING},
            ["ExportUnavailable", "TryAgain"],
            "main is hanging",
            id="no export any more",
        ),
        pytest.param(
            {SetAside: Moved(), RemoveAside: Blocked("a mount point")}, ["ReclaimFailed"], "a mount point", id="stuck"
        ),
        pytest.param(
            {SetAside: Moved(), RemoveAside: Underway(500_000)},
            ["RemovalUnderway", "LookAgain"],
            "500000 entries so far",
            id="long",
        ),
    ],
)
def test_what_the_export_answers_decides(
    facts: Facts, export: Mapping[type, Outcome], done: list[str], said: str
) -> None:
    _, actions = played(facts(), export)

    assert kinds(actions) == done
    assert said in message(actions)


def test_a_short_removal_is_nothing_to_tell_and_soon_looked_at_again(facts: Facts) -> None:
    _, short = played(facts(), {SetAside: Moved(), RemoveAside: Underway(0)})
    _, longer = played(facts(), {SetAside: Moved(), RemoveAside: Underway(5_000)})

    assert isinstance(short[0], LookAgain)
    assert isinstance(longer[0], LookAgain)
    assert short[0].after < longer[0].after


LATER = volume(metadata={"uid": "another-uid"})


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"now": None}, id="the volume is gone"),
        pytest.param({"now": LATER}, id="another has its name"),
        pytest.param({"now": volume("Bound")}, id="it is bound again"),
        pytest.param({"claim_lives": True}, id="its claim is there"),
    ],
)
def test_what_was_set_aside_is_put_back_when_it_was_not_ours(facts: Facts, changes: Json) -> None:
    known, asked = facts(**changes), {ASIDE: Moved()}

    assert decide_reclaim(known, asked) == (BACK,)
    assert decide_reclaim(known, {**asked, BACK: Moved()}) == ()
    assert decide_reclaim(known, {**asked, BACK: Blocked("something is there")}) == ()
    assert kinds(decide_reclaim(known, {**asked, BACK: HANGING})) == ["TryAgain"]


def test_what_was_set_aside_is_put_back_where_it_is_retained_meanwhile(facts: Facts) -> None:
    known = facts(now=retained())

    assert decide_reclaim(known, {ASIDE: Moved()}) == (BACK,)
    assert kinds(decide_reclaim(known, {ASIDE: Moved(), BACK: Moved()})) == ["ReleaseVolume", "DataRetained"]


def test_what_cannot_be_put_back_is_said(facts: Facts) -> None:
    said = message(decide_reclaim(facts(retained()), {BACK: Blocked("'data' is there again")}))

    assert ".nfs-steward/aside/volume-uid" in said
    assert "'data' is there again" in said


@pytest.mark.parametrize(
    ("path", "why"),
    [
        pytest.param("/nfs/data", "whole export", id="the root"),
        pytest.param("/nfs/data/a/../../b", "'..'", id="a way out"),
        pytest.param("/nfs", "contains the whole export", id="above the root"),
        pytest.param("/nfs/data/.nfs-steward/archives/x", ".nfs-steward", id="our own area"),
        pytest.param("/srv/elsewhere", "does not lie on export main", id="elsewhere"),
    ],
)
def test_a_volume_of_no_directory_of_its_own_is_retained(facts: Facts, path: str, why: str) -> None:
    source = {"nfs": {"server": "10.0.0.5", "path": path}}

    kept = decide_reclaim(facts(volume(spec=source)), {})
    deleted = decide_reclaim(facts(volume(metadata=GOING, spec=source)), {})

    assert kinds(kept) == KEPT
    assert why in message(kept)
    assert kinds(deleted) == ["ReleaseVolume", "DataRetained"]


def test_a_directory_that_holds_another_export_is_retained(facts: Facts, rules_with_an_export_inside: Rules) -> None:
    holding = volume(spec={"nfs": {"server": "10.0.0.5", "path": "/nfs/data/team-a"}})

    _, actions = played(facts(holding, rules=rules_with_an_export_inside), {PutBack: Missing()})

    assert kinds(actions) == KEPT
    assert "/nfs/data/team-a: export inside lies inside it" in message(actions)


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        pytest.param(("team-a",), "lies inside the directory of volume other", id="another holds it"),
        pytest.param(("team-a", "data", "x"), "the directory of volume other lies inside it", id="another lies in it"),
    ],
)
def test_a_directory_that_is_another_s_too_is_retained(facts: Facts, segments: tuple[str, ...], why: str) -> None:
    known = facts()
    known.occupied.put(Occupant("other", "team-a", provisioned=True), "main", segments)

    requests, actions = played(known, {PutBack: Missing()})

    assert requests == [BACK]
    assert kinds(actions) == KEPT
    assert why in message(actions)


def sharer(name: str, phase: str = "Bound", **changes: Any) -> Any:
    metadata = {"name": name, **changes.pop("metadata", {})}
    return volume_record(volume(phase, metadata=metadata, **changes))


RETAIN = {"persistentVolumeReclaimPolicy": "Retain"}


@pytest.mark.parametrize(
    ("sharers", "done"),
    [
        pytest.param([sharer("a")], [*LET_GO, "DataRetained"], id="another in use"),
        pytest.param([sharer("a", metadata=GOING)], ["LookAgain"], id="another in use, but going"),
        pytest.param([sharer("z", metadata=GOING)], [*LET_GO, "DataRetained"], id="another that goes last"),
        pytest.param([sharer("z", "Released")], [*LET_GO, "DataRetained"], id="another at its end, which goes last"),
        pytest.param([sharer("a", "Released")], ["LookAgain"], id="another at its end, which goes first"),
        pytest.param([sharer("a", "Released", spec=RETAIN)], KEPT, id="another that is retained"),
        pytest.param([sharer("a", "Released"), sharer("b")], [*LET_GO, "DataRetained"], id="several"),
        pytest.param([sharer("a", metadata={"annotations": {}})], KEPT, id="a static one"),
    ],
)
def test_shared_data_goes_with_the_last_volume(facts: Facts, sharers: list[Any], done: list[str]) -> None:
    _, actions = played(facts(sharers=tuple(sharers)), {PutBack: Missing()})

    assert kinds(actions) == done


@pytest.mark.parametrize("phase", ["Bound", "Released"])
def test_data_is_not_left_to_a_volume_that_has_left_it_to_this_one(facts: Facts, phase: str) -> None:
    going = sharer("z", phase)

    requests, actions = played(facts(sharers=(going,), leaving=frozenset({"z"})), {})

    assert (requests, kinds(actions)) == ([], ["LookAgain"])


def test_data_that_a_volume_to_come_will_share_is_waited_with(facts: Facts) -> None:
    requests, actions = played(facts(expected=True), {})

    assert (requests, kinds(actions)) == ([], ["LookAgain"])


def test_of_several_that_end_at_once_exactly_one_takes_the_data(facts: Facts) -> None:
    names = ["a", "b", "c"]
    ends = {name: sharer(name, "Released") for name in names}
    takers = []
    while ends:
        for name in list(ends):
            others = tuple(each for each in ends.values() if each.name != name)
            known = facts(volume(metadata={"name": name}), sharers=others)
            requests, actions = played(known, {PutBack: Missing(), SetAside: Moved(), RemoveAside: Finished(1)})
            takers += [name] if REMOVE in requests else []
            if any(isinstance(action, DeleteVolume) for action in actions):
                del ends[name]

    assert takers == ["c"]


@pytest.mark.parametrize(
    ("given", "done"),
    [
        pytest.param(volume(), KEPT, id="released"),
        pytest.param(volume(metadata=GOING), ["ReleaseVolume", "DataRetained"], id="deleted by hand"),
    ],
)
def test_on_no_managed_export_it_is_retained_until_somebody_deletes_it(given: Json, done: list[str]) -> None:
    actions = decide_unserved(given, "it lies on no export of the policy")

    assert kinds(actions) == done
    assert "no export of the policy" in message(actions)


def test_an_export_that_cannot_put_back_is_asked_again_before_anything_else(facts: Facts) -> None:
    asked: Outcomes = {BACK: HANGING}

    assert [type(action) for action in decide_reclaim(facts(retained()), asked)] == [TryAgain]


@pytest.mark.parametrize(
    ("given", "maybe"),
    [
        pytest.param(volume("Bound"), False, id="in use"),
        pytest.param(volume(), True, id="released"),
        pytest.param(retained(), True, id="retained and held: the finalizer comes off"),
        pytest.param(retained(finalizers=[]), False, id="retained for good"),
        pytest.param(volume(metadata={"finalizers": []}), True, id="not held"),
        pytest.param(volume(metadata={"annotations": {}, "finalizers": []}), False, id="static"),
    ],
)
def test_most_volumes_need_no_look(given: Json, maybe: bool) -> None:
    assert may_be_at_its_end(volume_record(given)) is maybe
