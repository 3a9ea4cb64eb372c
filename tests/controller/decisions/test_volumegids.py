from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonpatch
import pytest

from controller.decisions.actions import Actions, GiveGid, Tell
from controller.decisions.facts import ExportFacts
from controller.decisions.volumegids import carries_our_gid
from controller.decisions.volumes import decide_volume
from controller.export.outcomes import Blocked, Existed, ExportState, Made, Outcome, Unavailable
from controller.export.requests import MakeDirectory, Request
from controller.observed.records import claim_record, volume_record
from policy import keys
from policy.errors import GidUnknown
from policy.model import Directories
from policy.ownership import Ownership
from policy.shapes import annotations

RawVolume = Callable[..., dict[str, Any]]
RawClaim = Callable[..., dict[str, Any]]
FactsOf = Callable[..., ExportFacts]

OWN, OTHERS = 100004, 100009
"""The gid of the claim's namespace, and another's."""

OURS = {keys.VOLUME_GID: str(OWN), keys.GID_GIVEN: str(OWN)}
STALE = {keys.VOLUME_GID: str(OTHERS), keys.GID_GIVEN: str(OTHERS)}
THEIRS = {keys.VOLUME_GID: "7"}
ALSO = {"example.org/x": "y"}


@pytest.fixture
def auto(facts_of: FactsOf) -> FactsOf:
    """What the duty knows of an export whose directories get their namespace's gid."""

    def facts(profile: str | None = "default", gid: int | None = OWN) -> ExportFacts:
        known = facts_of(profile)
        directories = Directories.model_validate({"gid": "auto"})
        return replace(known, export=known.export.model_copy(update={"directories": directories}), gid=gid)

    return facts


def decided(raw: dict[str, Any], facts: ExportFacts, outcome: Outcome, claim: Any = None) -> Actions:
    """What is decided in the end, where the export answers this."""
    outcomes: dict[Request, Outcome] = {}
    record, known = volume_record(raw), claim and claim_record(claim)
    actions = decide_volume(record, known, facts, outcomes)
    outcomes |= {action: outcome for action in actions if isinstance(action, MakeDirectory)}
    return decide_volume(record, known, facts, outcomes) if outcomes else actions


def after(raw: dict[str, Any], actions: Actions) -> dict[str, Any]:
    """The volume as it is then."""
    for action in actions:
        if isinstance(action, GiveGid):
            assert action.about.name == "static"
            # jsonpatch takes no null for a test of what is absent, as the API server does.
            patch = [each for each in action.patch if each["op"] != "test" or each["value"] is not None]
            raw = jsonpatch.apply_patch(raw, patch)
    return raw


def with_marks(raw: dict[str, Any], marks: dict[str, str]) -> dict[str, Any]:
    return {**raw, "metadata": {**raw["metadata"], "annotations": marks}} if marks else raw


def of_gid(gid: int) -> Ownership:
    return Ownership(0o2770, 0, gid)


@pytest.mark.parametrize(
    ("before", "outcome", "afterwards"),
    [
        pytest.param({}, Made(of_gid(OWN)), OURS, id="given with the directory"),
        pytest.param(ALSO, Existed(of_gid(OWN)), {**ALSO, **OURS}, id="given where the directory has it already"),
        pytest.param({}, Existed(of_gid(0)), {}, id="the directory is of another group"),
        pytest.param({}, Made(of_gid(0), ("x",)), {}, id="the server did not let us"),
        pytest.param({}, Blocked("x"), {}, id="there is no directory"),
        pytest.param(OURS, Existed(of_gid(OWN)), OURS, id="there already"),
        pytest.param(OURS, Existed(of_gid(0)), OURS, id="somebody has changed the directory since: files may have it"),
        pytest.param(OURS, Unavailable(ExportState.HANGING, "x"), OURS, id="the export is down"),
        pytest.param(STALE, Made(of_gid(OWN)), OURS, id="it follows the claim"),
        pytest.param(STALE, Existed(of_gid(OTHERS)), {}, id="nobody inherits another's"),
        pytest.param({**ALSO, **STALE}, Unavailable(ExportState.HANGING, "x"), ALSO, id="not even for now"),
        pytest.param(THEIRS, Existed(of_gid(OWN)), THEIRS, id="the author's stays"),
        pytest.param({**OURS, **THEIRS}, Existed(of_gid(OWN)), {**OURS, **THEIRS}, id="what the author changed stays"),
        pytest.param({keys.VOLUME_GID: ""}, Existed(of_gid(OWN)), {keys.VOLUME_GID: ""}, id="the author wants none"),
        pytest.param({keys.GID_GIVEN: str(OWN)}, Existed(of_gid(OWN)), {keys.GID_GIVEN: str(OWN)}, id="nor any more"),
        pytest.param(
            {keys.PROVISIONED_BY: "example.org/x"},
            Existed(of_gid(OWN)),
            {keys.PROVISIONED_BY: "example.org/x"},
            id="another provisioner's",
        ),
    ],
)
def test_a_static_volume_carries_the_gid_of_its_claims_namespace_and_no_other(
    raw_volume: RawVolume, auto: FactsOf, before: dict[str, str], outcome: Outcome, afterwards: dict[str, str]
) -> None:
    raw = with_marks(raw_volume(), before)

    assert annotations(after(raw, decided(raw, auto(), outcome))) == afterwards


@pytest.mark.parametrize(
    ("changes", "profile", "gid", "stays"),
    [
        pytest.param({"phase": "Released"}, "default", OWN, False, id="its claim is gone"),
        pytest.param({"phase": "Available", "claimRef": None}, None, None, False, id="it is for anybody again"),
        pytest.param({}, None, OWN, True, id="its namespace is not opted in any more"),
        pytest.param({}, None, OTHERS, False, id="that of another namespace, which is not opted in"),
        pytest.param({}, None, None, False, id="that of another, which has no gid"),
    ],
)
def test_it_goes_when_its_claim_does(
    raw_volume: RawVolume, auto: FactsOf, changes: dict[str, Any], profile: str | None, gid: int | None, stays: bool
) -> None:
    raw = with_marks(raw_volume(**changes), OURS)
    actions = decided(raw, auto(profile, gid), Blocked("not asked"))

    assert annotations(after(raw, actions)) == (OURS if stays else {})
    assert [each.reason for each in actions if isinstance(each, Tell)] == ([] if stays else ["GidTakenBack"])


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param({"annotations": {**STALE, keys.DIRECTORY: keys.DIRECTORY_IGNORED}}, id="by the annotation"),
        pytest.param({"annotations": STALE, "labels": {keys.INJECT: keys.INJECT_DISABLED}}, id="by the label"),
        pytest.param({"annotations": STALE, "deletionTimestamp": "2030-01-01T12:00:00Z"}, id="it is going"),
    ],
)
def test_hands_are_kept_off_altogether_where_the_volumes_author_wants_that(
    raw_volume: RawVolume, auto: FactsOf, mark: dict[str, Any]
) -> None:
    raw = raw_volume(phase="Released")
    raw["metadata"] |= mark

    assert decided(raw, auto(), Made(of_gid(OWN))) == ()
    assert not carries_our_gid(volume_record(raw))


def test_a_claim_whose_author_opts_out_keeps_what_it_has_and_gets_nothing(
    raw_volume: RawVolume, raw_claim: RawClaim, auto: FactsOf
) -> None:
    claim = raw_claim()
    claim["metadata"]["labels"] = {keys.INJECT: keys.INJECT_DISABLED}

    for marks in ({}, OURS):
        assert decided(with_marks(raw_volume(), marks), auto(), Made(of_gid(OWN)), claim) == ()


def test_roots_group_is_no_group_for_pods(raw_volume: RawVolume, auto: FactsOf) -> None:
    facts = auto()
    export = facts.export.model_copy(update={"directories": Directories.model_validate({"gid": 0})})

    assert after(raw_volume(), decided(raw_volume(), replace(facts, export=export), Existed(of_gid(0)))) == raw_volume()


def test_a_number_that_the_policy_has_is_given_as_well(raw_volume: RawVolume, facts_of: FactsOf) -> None:
    """The policy here says 2000, of uid 1000."""
    actions = decided(raw_volume(), facts_of(), Existed(Ownership(0o2770, 1000, 2000)))

    assert annotations(after(raw_volume(), actions)) == {keys.VOLUME_GID: "2000", keys.GID_GIVEN: "2000"}


def test_that_of_another_namespace_goes_before_its_own_is_there(raw_volume: RawVolume, auto: FactsOf) -> None:
    raw = with_marks(raw_volume(), STALE)

    assert annotations(after(raw, decided(raw, auto(gid=None), Blocked("not asked")))) == {}


def test_that_of_another_namespace_goes_where_no_directory_is_made(raw_volume: RawVolume, auto: FactsOf) -> None:
    raw = with_marks(raw_volume(), STALE)
    raw["spec"]["nfs"]["path"] += "/../../elsewhere"
    actions = decided(raw, auto(), Blocked("not asked"))

    assert "DirectoryRefused" in [each.reason for each in actions if isinstance(each, Tell)]
    assert annotations(after(raw, actions)) == {}


def test_a_namespace_without_a_gid_gets_one_first(raw_volume: RawVolume, auto: FactsOf) -> None:
    with pytest.raises(GidUnknown):
        decided(raw_volume(), auto(gid=None), Blocked("not asked"))


@pytest.mark.parametrize(
    ("changes", "marks", "tests"),
    [
        pytest.param(
            {},
            {},
            {"/spec/claimRef/namespace": "team-a", "/metadata/annotations": None},
            id="a volume without annotations",
        ),
        pytest.param(
            {"phase": "Available", "claimRef": None},
            OURS,
            {
                "/spec/claimRef": None,
                "/metadata/annotations/pv.beta.kubernetes.io~1gid": str(OWN),
                "/metadata/annotations/nfs-steward.io~1gid": str(OWN),
            },
            id="one that is for anybody again",
        ),
    ],
)
def test_nothing_is_written_that_was_decided_on_something_else(
    raw_volume: RawVolume, auto: FactsOf, changes: dict[str, Any], marks: dict[str, str], tests: dict[str, Any]
) -> None:
    (given, *_) = (
        action
        for action in decided(with_marks(raw_volume(**changes), marks), auto(), Existed(of_gid(OWN)))
        if isinstance(action, GiveGid)
    )

    found = {each["path"]: each["value"] for each in given.patch if each["op"] == "test"}
    assert found == {"/metadata/uid": "volume-uid", **tests}
