"""`nfs-steward status` against a small API server, which lets nobody see what a test has it forbid."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli.standing.table import bar
from tests.cli.apiserver import Cluster, serving

from .objects import CLAIMS, POLICY, STORAGE, claim, lease, namespace, quota, volume

Json = dict[str, Any]
GI = 1 << 30
HOME = "/api/v1/namespaces/nfs-steward"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/nfs-steward/leases"


@pytest.fixture
def cluster() -> Cluster:
    """Two opted-in namespaces, one that is not, and their claims."""
    made = Cluster()
    made.objects[f"{HOME}/configmaps/nfs-steward-policy"] = {"data": {"policy.yaml": POLICY}}
    made.objects[LEASES] = [
        lease("main", export_state="ok", free_bytes=str(5 * GI), oldest_measurement="2030-01-01T11:00:00Z"),
        lease("slow", holder=""),
    ]
    teams = [namespace("team-a", inject="enabled"), namespace("team-b", inject="enabled", profile="strict")]
    made.objects["/api/v1/namespaces"] = [*teams, namespace("others"), namespace("kube-system")]
    for each in (*teams, namespace("others")):
        made.objects[f"/api/v1/namespaces/{each['metadata']['name']}"] = each
    claims = [
        claim("team-a", "half", used="1Gi of 2Gi (50 %), 1,234 files"),
        claim("team-a", "new", phase="Pending"),
        claim("team-a", "local", storageClassName="local", volumeName="v-local"),
        claim("team-b", "full", over=True),
        claim("others", "ours", storageClassName="own"),
    ]
    quotas = [quota("team-a", {STORAGE: "10Gi", CLAIMS: "5"}, {STORAGE: "3Gi", CLAIMS: "2"})]
    for path, objects in (("persistentvolumeclaims", claims), ("resourcequotas", quotas)):
        made.objects[f"/api/v1/{path}"] = objects
        for name in ("team-a", "team-b", "others"):
            own = [each for each in objects if each["metadata"]["namespace"] == name]
            made.objects[f"/api/v1/namespaces/{name}/{path}"] = own
    local = {"metadata": {"name": "v-local"}, "spec": {"capacity": {"storage": "2Gi"}}}
    full = volume("full", 2 * GI + 1, used_threshold="100", over_quota="block")
    made.objects["/api/v1/persistentvolumes"] = [volume("half", GI), full, volume("ours"), local]
    return made


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> Iterator[Path]:
    """How to reach the cluster."""
    with serving(cluster, tmp_path) as file:
        yield file


@pytest.fixture
def status(run: Callable[..., Result], kubeconfig: Path) -> Callable[..., Result]:
    """Runs `nfs-steward status` with arguments."""
    return lambda *arguments: run("status", *arguments, "--kubeconfig", kubeconfig)


@pytest.fixture
def told(status: Callable[..., Result]) -> Callable[..., Json]:
    """What it tells as JSON."""

    def told(*arguments: str) -> Json:
        result = status(*arguments, "-o", "json")
        assert result.exit_code == 0, result.stderr
        document: Json = json.loads(result.stdout)
        return document

    return told


def test_namespaces_are_told_with_profile_quota_and_claims(told: Callable[..., Json]) -> None:
    team_a, team_b = (each for each in told()["namespaces"] if each["optedIn"])
    assert (team_a["name"], team_a["profile"], team_a["overQuota"]) == ("team-a", "default", "warn")
    assert team_a["quota"] == [
        {"class": "nfs", "storage": {"hard": 10 * GI, "used": 3 * GI}, "claims": {"hard": 5, "used": 2}}
    ]
    assert [each["name"] for each in team_a["claims"]] == ["half", "new"]
    assert (team_b["name"], team_b["profile"], team_b["overQuota"], team_b["quota"]) == (
        "team-b",
        "strict",
        "block",
        [],
    )


def test_a_claim_is_told_in_plain_numbers(told: Callable[..., Json]) -> None:
    half, new = told("team-a")["namespaces"][0]["claims"]
    assert half == {
        "name": "half",
        "class": "nfs",
        "phase": "Bound",
        "capacityBytes": 2 * GI,
        "usedBytes": GI,
        "usedFiles": 1234,
        "usedPercent": 50,
        "measuredAt": "2030-01-01T12:00:00Z",
        "overQuota": False,
        "told": "1Gi of 2Gi (50 %), 1,234 files",
    }
    assert (new["phase"], new["usedBytes"], new["measuredAt"]) == ("Pending", None, None)
    (full,) = told("team-b")["namespaces"][0]["claims"]
    assert (full["usedPercent"], full["overQuota"]) == (101, True)


def test_a_namespace_that_is_not_opted_in_is_told_of_where_claims_have_volumes_of_ours(
    told: Callable[..., Json],
) -> None:
    assert [each["name"] for each in told()["namespaces"]] == ["others", "team-a", "team-b"]
    (others,) = told("others")["namespaces"]
    assert (others["optedIn"], others["profile"]) == (False, None)
    assert [each["name"] for each in others["claims"]] == ["ours"]


def test_exports_are_told_as_their_controllers_say(told: Callable[..., Json]) -> None:
    assert told()["exports"] == [
        {
            "name": "main",
            "state": "ok",
            "freeBytes": 5 * GI,
            "oldestMeasurement": "2030-01-01T11:00:00Z",
            "fileSystem": None,
        },
        {
            "name": "slow",
            "state": "no controller",
            "freeBytes": None,
            "oldestMeasurement": None,
            "fileSystem": None,
        },
    ]


@pytest.mark.parametrize(
    ("file_system", "quota", "warned"),
    [
        pytest.param("ext4", "project", True, id="ext4 with limits"),
        pytest.param("ext4", None, False, id="ext4 without"),
        pytest.param("xfs", "project", False, id="XFS"),
        pytest.param("", "project", False, id="not known"),
    ],
)
def test_where_root_escapes_limits_that_is_said(
    cluster: Cluster, status: Callable[..., Result], told, file_system: str, quota: str | None, warned: bool
) -> None:
    cluster.objects[LEASES] = [lease("main", file_system=file_system)]
    held = volume("half", GI)
    held["spec"]["nfs"] = {"server": "10.0.0.5", "path": "/nfs/data/half"}
    if quota:
        held["metadata"]["annotations"]["nfs-steward.io/quota"] = quota
    cluster.objects["/api/v1/persistentvolumes"] = [held]

    assert told()["exports"][0]["fileSystem"] == (file_system or None)
    words = " ".join(status().stdout.split())
    assert ("Export main lies on ext4, where no limit holds for root: no_root_squash" in words) is warned


def test_tables_have_bars(status: Callable[..., Result]) -> None:
    result = status()
    (half,) = (line for line in result.stdout.splitlines() if "team-a/half" in line)
    assert f"1Gi  50 % {bar(50)}".split() == half.split()[3:7]
    (full,) = (line for line in result.stdout.splitlines() if "team-b/full" in line)
    assert "101 %" in full
    assert full.rstrip().endswith("over quota: no new Pods")
    assert "3Gi of 10Gi nfs" in result.stdout
    assert "5Gi" in next(line for line in result.stdout.splitlines() if line.split()[:1] == ["main"])


@pytest.mark.parametrize(
    ("percent", "shown"),
    [(0, ""), (1, "▏"), (50, "█" * 10), (99, "█" * 19 + "▊"), (100, "█" * 20), (250, "█" * 20)],
)
def test_a_bar_is_full_when_the_claim_is(percent: int, shown: str) -> None:
    assert bar(percent) == shown.ljust(20)


def test_who_may_read_one_namespace_only_still_sees_what_claims_say(cluster: Cluster, told, status) -> None:
    cluster.forbidden = ("configmaps/nfs-steward-policy", "namespaces/team-a", "persistentvolumes", "leases")
    document = told("team-a")
    assert [each["what"] for each in document["unseen"]] == ["the policy", "namespaces", "PersistentVolumes", "Leases"]
    (team,) = document["namespaces"]
    assert (team["optedIn"], team["profile"]) == (None, None)
    assert team["quota"][0]["storage"] == {"hard": 10 * GI, "used": 3 * GI}
    (half,) = team["claims"]
    assert (half["told"], half["usedBytes"]) == ("1Gi of 2Gi (50 %), 1,234 files", None)
    assert "Not seen: PersistentVolumes: you may not read /api/v1/persistentvolumes" in status("team-a").stdout


def test_where_nothing_is_installed_that_is_said(cluster: Cluster, status: Callable[..., Result]) -> None:
    del cluster.objects[f"{HOME}/configmaps/nfs-steward-policy"]
    result = status()
    assert result.exit_code == 2
    assert "nfs-steward is not installed in namespace nfs-steward of this cluster" in result.stderr
    assert "--namespace and --name" in result.stderr


def test_a_namespace_that_is_not_there_is_named(status: Callable[..., Result]) -> None:
    result = status("team-z")
    assert (result.exit_code, result.stderr) == (2, "nfs-steward: there is no namespace team-z\n")


def test_where_no_namespace_is_opted_in_the_label_is_named(cluster: Cluster, status: Callable[..., Result]) -> None:
    cluster.objects["/api/v1/namespaces"] = []
    assert "label one nfs-steward.io/inject=enabled" in status().stdout


def test_a_policy_that_nobody_could_use_is_one_line(cluster: Cluster, status: Callable[..., Result]) -> None:
    cluster.objects[f"{HOME}/configmaps/nfs-steward-policy"] = {"data": {"policy.yaml": "profiles: []"}}
    result = status()
    assert result.exit_code == 2
    assert "is not a valid policy" in result.stderr
