"""What a claim that names a data source is to be a copy of, and what its author is told where there can be none."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from controller.decisions.actions import CreateVolume, LookAgain, Tell, TryAgain
from controller.decisions.cloning import SourceFacts
from controller.decisions.facts import ExportFacts
from controller.decisions.provisioning import ClaimFacts, decide_claim
from controller.export.outcomes import (
    Blocked,
    Disturbed,
    Existed,
    ExportState,
    Finished,
    Outcome,
    Unavailable,
    Underway,
)
from controller.export.requests import CopyDirectory, MakeDirectory
from policy import keys
from policy.datasources import SourceName
from policy.ownership import Ownership

Json = dict[str, Any]
Make = Callable[..., Json]

CLASS: Json = {"metadata": {"name": "ours"}, "provisioner": keys.PROVISIONER, "parameters": {"export": "main"}}
PLACE = ("team-a-data-pvc-claim-uid",)
WISH = Ownership(0o2770, 1000, 2000)
COPY = CopyDirectory(("static",), PLACE, "claim-uid", WISH)
MADE = MakeDirectory(PLACE, WISH)


@pytest.fixture
def source(raw_claim: Make) -> Json:
    """A bound claim with 2Gi."""
    claim = raw_claim(volumeName="pvc-source-uid")
    claim["metadata"] |= {"name": "source", "uid": "source-uid"}
    claim["status"] = {"phase": "Bound", "capacity": {"storage": "2Gi"}}
    return claim


@pytest.fixture
def source_volume(raw_volume: Make) -> Json:
    """Its volume."""
    volume = raw_volume()
    volume["metadata"] |= {"name": "pvc-source-uid", "annotations": {keys.PROVISIONED_BY: keys.PROVISIONER}}
    volume["spec"]["claimRef"] |= {"name": "source", "uid": "source-uid"}
    return volume


@pytest.fixture
def claim(raw_claim: Make) -> Json:
    """A claim of 5Gi that asks for a copy."""
    wanted = {"kind": "PersistentVolumeClaim", "name": "source"}
    return raw_claim(dataSource=wanted, dataSourceRef=wanted)


@pytest.fixture
def grants() -> list[Json]:
    return []


@pytest.fixture
def decide(
    facts_of: Callable[..., ExportFacts], claim: Json, source: Json, source_volume: Json, grants: list[Json]
) -> Callable[..., tuple[Any, ...]]:
    """What is decided; `source`, `volume` and `grants` are what is found, `outcomes` what has been asked."""

    def decided(outcomes: Mapping[Any, Outcome] | None = None, **found: Any) -> tuple[Any, ...]:
        both = {"source": source, "volume": source_volume, "grants": grants} | found
        namespace = claim["spec"].get("dataSourceRef", {}).get("namespace", "team-a")
        facts = SourceFacts(SourceName(namespace, "source"), both["source"], both["volume"], both["grants"])
        return decide_claim(claim, ClaimFacts(facts_of(), CLASS, None, facts), outcomes or {})

    return decided


def test_a_claim_is_filled_by_a_copy_before_its_volume_is_made(decide: Any) -> None:
    assert decide() == (COPY,)
    assert decide({COPY: Finished(7)}) == (MADE,)
    told, create, *_ = decide({COPY: Finished(7), MADE: Existed(WISH)})
    assert (told.reason, told.message) == ("DataCopied", "Copied the data of claim team-a/source.")
    assert isinstance(create, CreateVolume)
    assert create.volume["spec"]["nfs"]["path"] == "/nfs/data/team-a-data-pvc-claim-uid"


def test_what_the_copy_lacks_is_told(decide: Any) -> None:
    finished = Finished(7, ("1 entry left out, being devices ('null')",))
    _, told, create, *_ = decide({COPY: finished, MADE: Existed(WISH)})
    assert (told.type, told.reason) == ("Warning", "CopyIncomplete")
    assert told.message == (
        "The copy of the data of claim team-a/source differs from it: 1 entry left out, being devices ('null')."
    )
    assert isinstance(create, CreateVolume)


@pytest.mark.parametrize(
    ("outcome", "reason", "message", "then"),
    [
        pytest.param(Underway(3), "CopyUnderway", "is being copied: 3 entries so far", LookAgain(1), id="a little"),
        pytest.param(Underway(9000), "CopyUnderway", "is being copied: 9000 entries", LookAgain(5), id="much"),
        pytest.param(Blocked("so"), "ProvisioningFailed", "cannot be copied: so.", None, id="blocked"),
        pytest.param(
            Disturbed("so"), "ExportUnavailable", "now: so.", TryAgain("copy of team-a/source"), id="disturbed"
        ),
        pytest.param(
            Unavailable(ExportState.FULL, "so"),
            "ExportUnavailable",
            "now: so",
            TryAgain("copy of team-a/source"),
            id="full",
        ),
    ],
)
def test_without_a_complete_copy_there_is_no_volume(
    decide: Any, outcome: Outcome, reason: str, message: str, then: object
) -> None:
    told, *rest = decide({COPY: outcome})
    assert told.reason == reason
    assert message in told.message
    assert rest == ([then] if then else [])


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        pytest.param(
            {"kind": "VolumeSnapshot", "name": "x", "apiGroup": "snapshot.storage.k8s.io"},
            "its data source is VolumeSnapshot x, and only claims can be copied",
            id="a snapshot",
        ),
        pytest.param(
            {"kind": "PersistentVolumeClaim", "name": "x", "apiGroup": "example.com"},
            "its data source is PersistentVolumeClaim x",
            id="another's kind of claim",
        ),
        pytest.param({"kind": "Any", "name": "x"}, "its data source is Any x", id="anything"),
    ],
)
@pytest.mark.parametrize("field", ["dataSource", "dataSourceRef"])
def test_any_other_data_source_is_refused(decide: Any, claim: Json, spec: Json, why: str, field: str) -> None:
    claim["spec"].pop("dataSource")
    claim["spec"].pop("dataSourceRef")
    claim["spec"][field] = spec
    (told,) = decide()
    assert (told.type, told.reason) == ("Warning", "ProvisioningFailed")
    assert why in told.message


@pytest.mark.parametrize("field", ["dataSource", "dataSourceRef"])
def test_a_data_source_that_the_api_server_has_dropped_is_refused(decide: Any, claim: Json, field: str) -> None:
    for name in ("dataSource", "dataSourceRef"):
        claim["spec"].pop(name)
    claim["metadata"]["managedFields"] = [{"fieldsV1": {"f:spec": {f"f:{field}": {"f:name": {}}}}}]
    (told,) = decide()
    assert f"the API server has dropped the {field} that its author wrote" in told.message


def deleting(obj: Json) -> None:
    obj["metadata"]["deletionTimestamp"] = "2030-01-01T12:00:00Z"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(lambda claim, _: deleting(claim), "is being deleted", id="going"),
        pytest.param(lambda claim, _: claim["status"].update(phase="Lost"), "has lost its volume", id="lost"),
        pytest.param(lambda claim, _: claim["metadata"].update(uid="claim-uid"), "it names itself", id="itself"),
        pytest.param(
            lambda claim, _: claim["status"]["capacity"].update(storage="6Gi"),
            "it asks for 5Gi, less than the 6Gi of claim team-a/source",
            id="larger",
        ),
        pytest.param(
            lambda _, volume: volume["metadata"].pop("annotations"), "was not made by nfs-steward", id="static"
        ),
        pytest.param(
            lambda _, volume: volume["spec"]["nfs"].update(server="10.0.0.9"), "was not made by", id="elsewhere"
        ),
        pytest.param(
            lambda _, volume: volume["spec"]["nfs"].update(path="/nfs/data"), "was not made by", id="the root"
        ),
        pytest.param(
            lambda _, volume: volume["spec"]["nfs"].update(server="10.0.0.6", path="/srv/x"),
            "lies on export second, and its own class is of export main",
            id="another export",
        ),
    ],
)
def test_a_source_that_cannot_be_copied_is_refused(
    decide: Any, source: Json, source_volume: Json, change: Callable[[Json, Json], None], why: str
) -> None:
    change(source, source_volume)
    (told,) = decide({COPY: Finished(7)})
    assert (told.type, told.reason) == ("Warning", "ProvisioningFailed")
    assert why in told.message


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param({"source": None, "volume": None}, "does not exist (yet)", id="no claim"),
        pytest.param({"volume": None}, "is not bound yet", id="no volume"),
    ],
)
def test_a_source_that_may_come_is_waited_for(decide: Any, found: Json, why: str) -> None:
    told, then = decide(**found)
    assert isinstance(told, Tell)
    assert why in told.message
    assert then == LookAgain(10)


@pytest.mark.parametrize("change", ["phase", "claimRef"])
def test_a_source_that_is_not_bound_yet_is_waited_for(
    decide: Any, source: Json, source_volume: Json, change: str
) -> None:
    if change == "phase":
        source["status"]["phase"] = "Pending"
    else:
        source_volume["spec"]["claimRef"]["uid"] = "another"
    told, then = decide()
    assert "claim team-a/source to copy from is not bound yet" in told.message
    assert then == LookAgain(10)


@pytest.fixture
def from_elsewhere(claim: Json) -> None:
    """The claim asks for a copy of another namespace's."""
    claim["spec"].pop("dataSource")
    claim["spec"]["dataSourceRef"]["namespace"] = "others"


def grant(*, kind: str = "PersistentVolumeClaim", namespace: str = "team-a", **to: str) -> Json:
    claims = {"group": "", "kind": "PersistentVolumeClaim"}
    return {"spec": {"from": [{"group": "", "kind": kind, "namespace": namespace}], "to": [{**claims, **to}]}}


@pytest.mark.usefixtures("from_elsewhere")
@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        pytest.param([], False, id="none"),
        pytest.param([grant()], True, id="all of it"),
        pytest.param([grant(name="source")], True, id="by name"),
        pytest.param([grant(name="other")], False, id="another"),
        pytest.param([grant(namespace="team-b")], False, id="to others"),
        pytest.param([grant(kind="HTTPRoute")], False, id="to another kind"),
        pytest.param([grant(kind="HTTPRoute"), grant()], True, id="one of several"),
    ],
)
def test_a_source_in_another_namespace_needs_a_grant_there(
    decide: Any, grants: list[Json], given: list[Json], allowed: bool
) -> None:
    grants.extend(given)
    decided = decide()
    assert (decided == (COPY,)) is allowed
    if not allowed:
        assert "claim others/source to copy from is in another namespace, and no ReferenceGrant" in decided[0].message
        assert decided[1] == LookAgain(10)


@pytest.mark.usefixtures("from_elsewhere")
def test_where_there_can_be_no_grants_that_is_said(decide: Any) -> None:
    told, then = decide(grants=None)
    assert "this cluster has no ReferenceGrants (they come with the Gateway API)" in told.message
    assert then == LookAgain(10)


@pytest.mark.usefixtures("from_elsewhere")
def test_a_grant_that_is_withdrawn_before_the_copy_has_become_a_volume_counts_no_more(
    decide: Any, grants: list[Json]
) -> None:
    grants.append(grant())
    assert decide({COPY: Underway(3)})[0].reason == "CopyUnderway"
    grants.clear()
    for outcome in (Underway(3), Finished(7)):
        told, then = decide({COPY: outcome})
        assert "no ReferenceGrant there" in told.message
        assert then == LookAgain(10)
