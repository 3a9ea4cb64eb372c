from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from controller.decisions.actions import Tell, TryAgain
from controller.decisions.facts import ExportFacts
from controller.decisions.volumes import decide_volume
from controller.export.outcomes import Existed, ExportState, Made, Unavailable
from controller.export.requests import MakeDirectory
from controller.observed.records import claim_record, volume_record
from policy import keys
from policy.errors import GidUnknown
from policy.model import Directories
from policy.ownership import Ownership

RawVolume = Callable[..., dict[str, Any]]
FactsOf = Callable[..., ExportFacts]

STATE = Ownership(0o2770, 1000, 2000)


def asked(*segments: str) -> MakeDirectory:
    """The request for a directory there, as the export's own settings have it."""
    return MakeDirectory(segments, Ownership(0o2770, 1000, 2000))


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param({"namespace": "team-a", "name": "data", "uid": "claim-uid"}, id="bound"),
        pytest.param({"namespace": "team-a", "name": "data"}, id="reserved"),
    ],
)
def test_a_claimed_volume_gets_its_directory(raw_volume: RawVolume, facts_of: FactsOf, claim: dict[str, str]) -> None:
    record = volume_record(raw_volume("/nfs/data//a/./b/", phase="Available", claimRef=claim))

    assert decide_volume(record, None, facts_of(), {}) == (asked("a", "b"),)


@pytest.mark.parametrize(
    ("changes", "profile"),
    [
        pytest.param({"claimRef": None}, "default", id="nobody's yet"),
        pytest.param({}, None, id="its claim's namespace is not opted in"),
        pytest.param({"phase": "Released"}, "default", id="its claim is gone"),
        pytest.param({"phase": "Failed"}, "default", id="it has failed"),
        pytest.param({"nfs": {"server": "10.0.0.6", "path": "/srv/x"}}, "default", id="another export's"),
        pytest.param({"nfs": {"server": "10.0.0.9", "path": "/nfs/data/x"}}, "default", id="no export's"),
        pytest.param({"nfs": None, "hostPath": {"path": "/x"}}, "default", id="no NFS"),
        pytest.param({"path": "/nfs/data"}, "default", id="the export's root"),
    ],
)
def test_some_volumes_need_nothing(
    raw_volume: RawVolume, facts_of: FactsOf, changes: dict[str, Any], profile: str | None
) -> None:
    assert decide_volume(volume_record(raw_volume(**changes)), None, facts_of(profile), {}) == ()


def test_what_we_provisioned_had_its_directory_first(raw_volume: RawVolume, facts_of: FactsOf) -> None:
    raw = raw_volume()
    raw["metadata"]["annotations"] = {keys.PROVISIONED_BY: keys.PROVISIONER}

    assert decide_volume(volume_record(raw), None, facts_of(), {}) == ()


def test_hands_are_kept_off_where_the_volumes_author_wants_that(raw_volume: RawVolume, facts_of: FactsOf) -> None:
    raw = raw_volume()
    raw["metadata"]["annotations"] = {keys.DIRECTORY: keys.DIRECTORY_IGNORED}

    assert decide_volume(volume_record(raw), None, facts_of(), {}) == ()


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        pytest.param(Existed(STATE), [], id="it was as asked for"),
        pytest.param(Made(STATE, before=Ownership(0o700, 0, 0)), ["DirectoryChanged"] * 2, id="it was changed"),
        pytest.param(Made(STATE, ("x",), before=STATE), ["OwnershipIncomplete"] * 2, id="the server refused"),
        pytest.param(Made(STATE), ["DirectoryCreated"] * 2, id="it was missing"),
    ],
)
def test_a_volumes_author_may_have_a_directory_that_is_there_changed(
    raw_volume: RawVolume, facts_of: FactsOf, outcome: Made | Existed, told: list[str]
) -> None:
    raw = raw_volume()
    raw["metadata"]["annotations"] = {keys.DIRECTORY: keys.DIRECTORY_CHANGED}
    request = replace(asked("static"), change_existing=True)

    assert decide_volume(volume_record(raw), None, facts_of(), {}) == (request,)
    actions = decide_volume(volume_record(raw), None, facts_of(), {request: outcome})
    assert [each.reason for each in actions if isinstance(each, Tell)] == told


def test_a_claims_author_has_no_say_in_that(
    raw_volume: RawVolume, raw_claim: Callable[..., dict[str, Any]], facts_of: FactsOf
) -> None:
    claim = claim_record(raw_claim({keys.DIRECTORY: keys.DIRECTORY_CHANGED}))

    assert decide_volume(volume_record(raw_volume()), claim, facts_of(), {}) == (asked("static"),)


def test_a_directory_may_get_the_gid_of_the_claims_namespace(raw_volume: RawVolume, facts_of: FactsOf) -> None:
    record, facts = volume_record(raw_volume()), facts_of()
    auto = facts.export.model_copy(update={"directories": Directories.model_validate({"gid": "auto"})})

    wish = Ownership(0o2770, 0, 100004)
    known = replace(facts, export=auto, gid=100004)
    assert decide_volume(record, None, known, {}) == (MakeDirectory(("static",), wish),)
    with pytest.raises(GidUnknown):
        decide_volume(record, None, replace(known, gid=None), {})


def test_a_claim_whose_author_opted_it_out_is_left_alone(
    raw_volume: RawVolume, raw_claim: Callable[..., dict[str, Any]], facts_of: FactsOf
) -> None:
    claim = raw_claim()
    claim["metadata"]["labels"] = {keys.INJECT: keys.INJECT_DISABLED}

    assert decide_volume(volume_record(raw_volume()), claim_record(claim), facts_of(), {}) == ()


def test_both_the_volumes_and_the_claims_author_are_told(raw_volume: RawVolume, facts_of: FactsOf) -> None:
    actions = decide_volume(volume_record(raw_volume()), None, facts_of(), {asked("static"): Made(STATE)})

    told = [(each.about.kind, each.about.name, each.reason) for each in actions if isinstance(each, Tell)]
    assert told == [
        ("PersistentVolume", "static", "DirectoryCreated"),
        ("PersistentVolumeClaim", "data", "DirectoryCreated"),
    ]


def test_a_directory_that_was_there_is_nothing_to_talk_about(raw_volume: RawVolume, facts_of: FactsOf) -> None:
    actions = decide_volume(volume_record(raw_volume()), None, facts_of(), {asked("static"): Existed(STATE)})

    assert not [each for each in actions if isinstance(each, Tell)]


def test_an_export_that_cannot_is_told_and_tried_again(raw_volume: RawVolume, facts_of: FactsOf) -> None:
    outcome = Unavailable(ExportState.FULL, "ENOSPC: No space left on device")

    actions = decide_volume(volume_record(raw_volume()), None, facts_of(), {asked("static"): outcome})

    assert isinstance(actions[0], Tell)
    assert actions[0].message == (
        "The directory /nfs/data/static for volume static cannot be made now: "
        "export main is full (ENOSPC: No space left on device). It is tried again."
    )
    assert isinstance(actions[-1], TryAgain)


@pytest.mark.parametrize("path", ["/nfs/data/../etc", "/nfs", "/nfs/data/a\nb"])
def test_a_path_that_may_lead_elsewhere_is_never_made(raw_volume: RawVolume, facts_of: FactsOf, path: str) -> None:
    actions = decide_volume(volume_record(raw_volume(path)), None, facts_of(), {})

    assert [each.reason for each in actions if isinstance(each, Tell)] == ["DirectoryRefused", "DirectoryRefused"]
