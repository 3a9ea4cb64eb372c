"""Whose use is measured, and how fast figures are written: against a cluster that is a handful of dictionaries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from controller.decisions.actions import LookAgain, MarkClaim, RecordUsage, Tell
from controller.duties.cases.surroundings import Surroundings
from controller.duties.cases.usage import Usage, UsageCase
from controller.export.outcomes import Measured, Missing, Outcome, Underway
from controller.export.requests import Measure
from controller.observed.occupied import Occupant, OccupiedDirectories
from controller.observed.records import ClaimRecord, VolumeRecord, claim_record, volume_record
from controller.observed.usagetable import UsageTable
from controller.rules import Rules
from controller.turns import Turns
from policy import keys
from policy.load import load_policy
from policy.profiles import NamespaceSettings, settings_for
from policy.volumes import place_of

Json = dict[str, Any]

RULES = Rules(
    load_policy(
        """
exports: [{name: main, server: 10.0.0.5, path: /nfs/data}, {name: other, server: 10.0.0.6, path: /srv}]
profiles: [{name: default, overQuota: block}]
""",
        "policy.yaml",
    )
)
MI = 1 << 20


@dataclass
class Cluster:
    """Stands in for the view and for fresh reads, which count as `read`; `opted_in` are namespaces."""

    volumes: dict[str, Json] = field(default_factory=dict)
    claims: dict[str, Json] = field(default_factory=dict)
    opted_in: set[str] = field(default_factory=lambda: {"team-a"})
    occupied: OccupiedDirectories = field(default_factory=OccupiedDirectories)
    read: int = 0
    rules: Rules = RULES

    def volume(self, name: str) -> VolumeRecord | None:
        found = self.volumes.get(name)
        return volume_record(found) if found else None

    def claim(self, _namespace: str, name: str) -> ClaimRecord | None:
        found = self.claims.get(name)
        return claim_record(found) if found else None

    def settings(self, namespace: str) -> NamespaceSettings | None:
        labels = {keys.INJECT: keys.INJECT_ENABLED} if namespace in self.opted_in else {}
        return settings_for(self.rules.policy, namespace, labels)

    def storage_class(self, _name: str) -> Json | None:
        return None

    def put(self, name: str, path: str = "", *, ours: bool = True, server: str = "10.0.0.5", **changes: Any) -> None:
        """A volume of 100Mi, bound to the claim of its name; `metadata` and what else is given are laid over it."""
        reference = {"namespace": "team-a", "name": name, "uid": f"uid-of-{name}"}
        marks = {keys.PROVISIONED_BY: keys.PROVISIONER} if ours else {}
        metadata = {"name": name, "uid": f"volume-{name}", "annotations": {**marks, **changes.pop("annotations", {})}}
        spec = {
            "nfs": {"server": server, "path": path or f"/nfs/data/{name}"},
            "claimRef": reference,
            "capacity": {"storage": "100Mi"},
            **changes.pop("spec", {}),
        }
        status = {"phase": changes.pop("phase", "Bound")}
        self.volumes[name] = {"metadata": {**metadata, **changes}, "spec": spec, "status": status}
        self.claims[name] = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"namespace": "team-a", "name": name, "uid": f"uid-of-{name}"},
            "spec": {"volumeName": name},
            "status": {"phase": "Bound"},
        }
        record = volume_record(self.volumes[name])
        place = place_of(record.source, self.rules.exports)
        if place:
            self.occupied.put(Occupant(name, "team-a", ours), place.export.name, place.segments)


class Reads:
    """Fresh reads of the cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def volume(self, name: str) -> Json | None:
        self._cluster.read += 1
        return self._cluster.volumes.get(name)

    def claim(self, _namespace: str, name: str) -> Json | None:
        self._cluster.read += 1
        return self._cluster.claims.get(name)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def clock() -> list[float]:
    """The time, which tests set."""
    return [100.0]


@pytest.fixture
def usage(cluster: Cluster, clock: list[float]) -> Usage:
    """The use of the volumes on the export `main`, of which two a second may be written."""
    view, reads, gids = cast("Any", cluster), cast("Any", Reads(cluster)), cast("Any", None)
    around = Surroundings("main", view, reads, gids)
    return Usage(around, UsageTable(), Turns(2.0, lambda: clock[0]))


@pytest.fixture
def decide(usage: Usage) -> Callable[..., tuple[Any, ...]]:
    """What is decided on a volume once the export has answered."""

    def decide(name: str, outcome: Outcome) -> tuple[Any, ...]:
        case = UsageCase(usage, name)
        first = case.decide({})
        if first and isinstance(first[0], Measure):
            return case.decide({first[0]: outcome})
        return first

    return decide


def measured(mebibytes: float) -> Measured:
    return Measured(round(mebibytes * MI), 1, datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("volume", "opted_in", "is_measured"),
    [
        pytest.param({}, True, True, id="ours"),
        pytest.param({}, False, True, id="ours, in a namespace that is not opted in"),
        pytest.param({"ours": False}, True, True, id="static"),
        pytest.param({"ours": False}, False, False, id="static, in a namespace that is not opted in"),
        pytest.param({"ours": False, "labels": {keys.INJECT: "disabled"}}, True, False, id="static, to be left alone"),
        pytest.param(
            {"ours": False, "annotations": {keys.DIRECTORY: "ignore"}}, True, False, id="static, its directory ignored"
        ),
        pytest.param({"ours": False, "path": "/nfs/data"}, True, False, id="a whole export"),
        pytest.param({"annotations": {keys.SHARED: "true"}}, True, False, id="of a class that shares"),
        pytest.param({"phase": "Released"}, True, False, id="released"),
        pytest.param({"deletionTimestamp": "2030-01-01T00:00:00Z"}, True, False, id="on its way out"),
        pytest.param({"spec": {"claimRef": {"namespace": "team-a", "name": "it"}}}, True, False, id="reserved by name"),
        pytest.param({"server": "10.0.0.6", "path": "/srv/it"}, True, False, id="on another export"),
        pytest.param({"server": "10.9.9.9"}, True, False, id="on none"),
        pytest.param({"spec": {"nfs": None}}, True, False, id="no NFS"),
    ],
)
def test_volumes_in_use_are_measured(
    cluster: Cluster, usage: Usage, volume: Json, opted_in: bool, is_measured: bool
) -> None:
    cluster.opted_in = {"team-a"} if opted_in else set()
    cluster.put("it", **volume)

    assert usage.concerns("it") is is_measured
    first = UsageCase(usage, "it").decide({})
    assert [type(each) for each in first] == ([Measure] if is_measured else [])


@pytest.mark.parametrize(
    ("ours", "other", "is_measured"),
    [
        pytest.param(True, "/nfs/data/a", True, id="ours, in one place with a static one"),
        pytest.param(True, "/nfs/data/a/b", True, id="ours, around a static one"),
        pytest.param(True, "/nfs/data", True, id="ours, with a static one of the whole export"),
        pytest.param(False, "/nfs/data/a", False, id="static, in one place with another"),
        pytest.param(False, "/nfs/data/a/b", False, id="static, around another"),
        pytest.param(False, "/nfs/data/ab", True, id="static, beside another"),
    ],
)
def test_each_directory_counts_for_the_volume_whose_it_is(
    cluster: Cluster, usage: Usage, ours: bool, other: str, is_measured: bool
) -> None:
    cluster.put("it", "/nfs/data/a", ours=ours)
    cluster.put("other", other, ours=False)

    assert usage.concerns("it") is is_measured


def test_a_static_volume_inside_another_is_measured(cluster: Cluster, usage: Usage) -> None:
    cluster.put("it", "/nfs/data/a/b", ours=False)
    cluster.put("around", "/nfs/data/a", ours=False)

    assert usage.concerns("it")
    assert not usage.concerns("around")


def test_what_is_measured_no_more_is_taken_back(cluster: Cluster, usage: Usage, decide: Any) -> None:
    cluster.put("it", ours=False)
    decide("it", measured(1))
    assert "it" in usage.table
    cluster.claims["it"]["metadata"] |= {"annotations": {keys.USED: "much"}, "labels": {keys.OVER_QUOTA: "true"}}
    cluster.opted_in.clear()

    assert usage.concerns("it")
    (unmarked,) = decide("it", measured(1))

    assert isinstance(unmarked, MarkClaim)
    assert "it" not in usage.table
    cluster.claims["it"]["metadata"] |= {"annotations": {}, "labels": {}}
    assert not usage.concerns("it")
    assert decide("it", measured(1)) == ()


@pytest.mark.parametrize("outcome", [Underway(3), Missing()], ids=["not measured yet", "no directory"])
def test_without_a_figure_nothing_is_written(cluster: Cluster, usage: Usage, decide: Any, outcome: Outcome) -> None:
    cluster.put("it")
    assert decide("it", outcome) == ()
    assert (cluster.read, "it" in usage.table) == (0, False)


def test_a_volume_that_is_gone_is_forgotten(cluster: Cluster, usage: Usage, decide: Any) -> None:
    cluster.put("it")
    decide("it", measured(1))
    del cluster.volumes["it"]

    assert usage.concerns("it")
    assert decide("it", measured(1)) == ()
    assert not usage.concerns("it")


def test_however_many_volumes_change_at_once_are_written_two_a_second(
    cluster: Cluster, decide: Any, clock: list[float]
) -> None:
    names = [f"v-{number}" for number in range(200)]
    for name in names:
        cluster.put(name)
    due = dict.fromkeys(names, 0.0)

    def look() -> int:
        """Look at what is due now; how many are written."""
        written = 0
        for name in [each for each, when in due.items() if when <= clock[0]]:
            actions = decide(name, measured(1))
            if any(isinstance(each, RecordUsage) for each in actions):
                written += 1
                del due[name]
            else:
                (later,) = actions
                assert isinstance(later, LookAgain)
                due[name] = clock[0] + later.after
        return written

    assert look() == 1
    read = cluster.read
    for _ in range(20):
        clock[0] += 1.0
        assert look() == 2
    assert cluster.read == read + 20 * 4


def test_a_threshold_is_told_at_once_however_many_figures_wait(
    cluster: Cluster, decide: Any, clock: list[float]
) -> None:
    for number in range(50):
        cluster.put(f"v-{number}")
        decide(f"v-{number}", measured(1))
    cluster.put("full")

    actions = decide("full", measured(101))

    assert [type(each) for each in actions] == [RecordUsage, Tell, MarkClaim]
