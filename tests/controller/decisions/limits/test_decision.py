"""What is done about the limits of a namespace, whatever is there."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.decisions.actions import DeleteLimits, Tell, WriteLimits
from controller.decisions.limits.decision import decide_limits, writes
from controller.observed.limits import FoundLimits, LimitsRecord
from policy import keys
from policy.quotas import claims_of, storage_of

from .team import CONTACT, NOTHING, facts, left_by_us, performed

HARD = {storage_of("nfs"): "10Gi", claims_of("nfs"): "5", storage_of("nfs-gold"): "0"}
BOTH = ["ResourceQuota", "LimitRange"]


def by(actions: Any, kind: type) -> list[Any]:
    return [action for action in actions if isinstance(action, kind)]


def reasons(actions: Any) -> list[str]:
    return [tell.reason for tell in by(actions, Tell)]


def foreign(spec: dict[str, Any]) -> LimitsRecord:
    """Somebody else's object of our name."""
    return LimitsRecord("team-a", "theirs", "3", ours=False, spec=spec)


def test_a_namespace_that_is_opted_in_gets_both_and_is_told_what_holds() -> None:
    actions = decide_limits(facts())
    quota, limit_range = by(actions, WriteLimits)
    assert [quota.resource.kind, limit_range.resource.kind] == BOTH
    assert quota.wanted["spec"] == {"hard": HARD}
    assert quota.wanted["metadata"]["name"] == "nfs-steward"
    assert quota.wanted["metadata"]["namespace"] == "team-a"
    assert quota.wanted["metadata"]["labels"] == {keys.MANAGED_BY: "nfs-steward"}
    assert "resourceVersion" not in quota.wanted["metadata"]
    (told,) = by(actions, Tell)
    assert told.reason == "LimitsSet"
    assert told.message == (
        "In all, claims of this namespace may ask for 10Gi of class nfs (at most 5 claims) and nothing of nfs-gold. "
        f"A claim has to ask for at most 4Gi, whatever its class. For more, ask {CONTACT}."
    )


def test_nothing_is_done_where_all_is_as_it_should_be() -> None:
    assert decide_limits(facts(left_by_us())) == ()


def test_an_amount_that_the_api_server_has_spelled_anew_is_the_same() -> None:
    found = left_by_us(quota="10240Mi")
    assert found.quota
    spelled = replace(found.quota, spec={"hard": {**found.quota.spec["hard"], storage_of("nfs"): "10Gi"}})
    assert decide_limits(facts(replace(found, quota=spelled), quota="10240Mi")) == ()


@pytest.mark.parametrize(
    ("labels", "deleted", "written", "told"),
    [
        pytest.param({"quota": "20Gi"}, [], ["ResourceQuota"], ["LimitsSet"], id="another quota"),
        pytest.param({"max_claim": "1Gi"}, [], ["LimitRange"], ["LimitsSet"], id="another size"),
        pytest.param({"profile": "gold"}, BOTH, [], ["LimitsLifted"], id="a profile that limits nothing"),
        pytest.param(
            {"profile": "gold", "quota": "1Gi"},
            ["LimitRange"],
            ["ResourceQuota"],
            ["LimitsSet"],
            id="a profile that limits something else",
        ),
    ],
)
def test_what_labels_and_profile_change_is_changed_and_told_once(
    labels: dict[str, str], deleted: list[str], written: list[str], told: list[str]
) -> None:
    actions = decide_limits(facts(left_by_us(), **labels))
    assert [action.resource.kind for action in by(actions, DeleteLimits)] == deleted
    assert [action.resource.kind for action in by(actions, WriteLimits)] == written
    assert reasons(actions) == told


def test_what_takes_the_place_of_another_carries_its_version() -> None:
    (write,) = by(decide_limits(facts(left_by_us(), quota="20Gi")), WriteLimits)
    assert write.wanted["metadata"]["resourceVersion"] == "8"
    assert write.wanted["metadata"]["uid"] == "uid"


def changed_by_hand(**hard: str | None) -> FoundLimits:
    """What we left, with somebody's changes to it."""
    found = left_by_us()
    assert found.quota
    said = {**found.quota.spec["hard"], **{name: value for name, value in hard.items() if value}}
    kept = {name: value for name, value in said.items() if hard.get(name, "") is not None}
    return replace(found, quota=replace(found.quota, spec={"hard": kept}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({storage_of("nfs"): "1Ti"}, f"{storage_of('nfs')} was 1Ti and is 10Gi again", id="raised"),
        pytest.param({claims_of("nfs"): None}, f"{claims_of('nfs')} was gone and is 5 again", id="taken out"),
        pytest.param({"pods": "3"}, "hard.pods was 3 and is gone again", id="added"),
    ],
)
def test_a_change_by_hand_is_put_back_and_said(change: dict[str, str | None], said: str) -> None:
    actions = decide_limits(facts(changed_by_hand(**change)))
    (write,) = by(actions, WriteLimits)
    assert write.wanted["spec"] == {"hard": HARD}
    (told,) = by(actions, Tell)
    assert (told.type, told.reason) == ("Warning", "LimitsPutBack")
    assert said in told.message
    assert CONTACT in told.message


def test_what_somebody_has_taken_away_is_there_again_and_that_is_said() -> None:
    found = replace(left_by_us(), quota=None)
    actions = decide_limits(replace(facts(found), missed=frozenset({"ResourceQuota"})))
    assert [action.resource.kind for action in by(actions, WriteLimits)] == ["ResourceQuota"]
    assert reasons(actions) == ["LimitsPutBack"]


def test_what_has_our_name_where_we_limit_becomes_ours_and_what_it_held_is_said() -> None:
    actions = decide_limits(facts(replace(left_by_us(), quota=foreign({"hard": {"pods": "7"}}))))
    (write,) = by(actions, WriteLimits)
    assert write.wanted["metadata"]["uid"] == "theirs"
    taken = by(actions, Tell)[0]
    assert taken.reason == "LimitsTakenOver"
    assert '{"hard":{"pods":"7"}}' in taken.message


def test_one_with_scopes_which_nobody_can_change_is_made_anew() -> None:
    actions = decide_limits(facts(replace(left_by_us(), quota=foreign({"hard": {}, "scopes": ["BestEffort"]}))))
    (delete,), (write,) = by(actions, DeleteLimits), by(actions, WriteLimits)
    assert actions.index(delete) < actions.index(write)
    assert (delete.uid, delete.version) == ("theirs", "3")
    assert "uid" not in write.wanted["metadata"]


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"opted_in": False}, id="not opted in"),
        pytest.param({"profile": "gold"}, id="nothing of the kind is limited"),
    ],
)
def test_what_has_our_name_elsewhere_is_somebody_elses(where: dict[str, Any]) -> None:
    theirs = FoundLimits(foreign({"hard": {"pods": "7"}}), foreign({"limits": []}))
    assert decide_limits(facts(theirs, **where)) == ()


def test_opting_out_removes_what_is_ours_as_it_was_seen() -> None:
    actions = decide_limits(facts(left_by_us(), opted_in=False))
    assert [(action.resource.kind, action.uid, action.version) for action in by(actions, DeleteLimits)] == [
        (kind, "uid", "8") for kind in BOTH
    ]
    assert reasons(actions) == ["LimitsLifted"]
    assert "not opted in any more" in by(actions, Tell)[0].message


def test_a_namespace_that_is_being_deleted_is_left_in_peace() -> None:
    known = facts()
    assert decide_limits(replace(known, namespace=replace(known.namespace, deleting=True))) == ()


specs = st.sampled_from(
    [
        {"hard": HARD},
        {"hard": {**HARD, storage_of("nfs"): "10240Mi"}},
        {"hard": {storage_of("nfs"): "1Ti"}},
        {"hard": {storage_of("nfs"): "lots"}},
        {"hard": {"pods": "7"}},
        {"hard": {"pods": "7"}, "scopes": ["BestEffort"]},
        {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "4Gi"}}]},
        {"limits": [{"type": "Pod", "max": {"cpu": "1"}}]},
        {"limits": []},
        {},
    ]
)
records = st.none() | st.builds(
    LimitsRecord,
    namespace=st.just("team-a"),
    uid=st.just("some"),
    version=st.just("5"),
    ours=st.booleans(),
    spec=specs,
    written=st.sampled_from(["", "damaged", left_by_us().quota.written if left_by_us().quota else ""]),
    told=st.sampled_from(["", "x=80", f"{storage_of('nfs')}=80", "=,,=100"]),
    used=st.none() | st.dictionaries(st.sampled_from(sorted(HARD)), st.sampled_from(["0", "9Gi", "1Ti", "x"])),
)
labels = st.dictionaries(
    st.sampled_from(["profile", "quota", "max_claims", "min_claim", "max_claim", "storage_class"]),
    st.sampled_from(["gold", "1Gi", "20Gi", "0", "7", "lots", "nfs-gold", "fast"]),
)


@given(quota=records, limit_range=records, marks=labels, opted_in=st.booleans())
def test_from_whatever_state_one_round_is_enough(
    quota: LimitsRecord | None, limit_range: LimitsRecord | None, marks: dict[str, str], opted_in: bool
) -> None:
    found = FoundLimits(quota, limit_range)
    after = performed(found, decide_limits(facts(found, opted_in=opted_in, **marks)))
    again = facts(after, opted_in=opted_in, **marks)
    assert after.ours == again.wished
    if decide_limits(again):  # only use that is told, which is told by then
        settled = performed(after, decide_limits(again))
        assert not writes(decide_limits(facts(settled, opted_in=opted_in, **marks)))


@given(quota=records, limit_range=records, marks=labels)
def test_what_is_not_ours_is_touched_only_where_we_limit(
    quota: LimitsRecord | None, limit_range: LimitsRecord | None, marks: dict[str, str]
) -> None:
    found = FoundLimits(quota, limit_range)
    touched = performed(found, decide_limits(facts(found, opted_in=False, **marks)))
    for before, after in ((quota, touched.quota), (limit_range, touched.limit_range)):
        assert after == (None if before is None or before.ours else before)


def test_nothing_there_and_nothing_wished_is_nothing_to_do() -> None:
    assert decide_limits(facts(NOTHING, opted_in=False)) == ()
