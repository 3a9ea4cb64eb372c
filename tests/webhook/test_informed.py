"""The view that follows a cluster, against an API server on loopback."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kube.errors import Unreachable
from policy import keys
from runtime.health import Failing, Passing
from runtime.policyfile import PolicyFile
from tests.waiting import eventually
from webhook.errors import ClusterUnknown
from webhook.informed import READ_SECONDS, InformedCluster

from .apiserver import CLAIMS, DRIVERS, HOME, NAMESPACES, QUOTAS, VOLUMES, ApiServer, serving
from .conftest import POLICY
from .objects import OPTED_IN

OURS = {keys.MANAGED_BY: keys.MANAGED_BY_US}

QUIET = POLICY.partition("- name: readonly")[0].replace("inlineVolumes: csi", "inlineVolumes: keep")
"""The same without what makes some kinds of objects worth watching."""


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with serving() as api:
        api.namespace("team-a", OPTED_IN)
        api.namespace("plain", {"a": "b"})
        api.storage_class("fast", default=True)
        api.storage_class("nfs")
        yield api


@pytest.fixture
def policy_file(tmp_path: Path) -> PolicyFile:
    place = tmp_path / "policy.yaml"
    place.write_text(QUIET)
    return PolicyFile(place)


@pytest.fixture
def starting(api: ApiServer, policy_file: PolicyFile) -> Iterator[InformedCluster]:
    """A view that has not begun to watch."""
    view = InformedCluster(api.client, policy_file, "nfs-steward")
    yield view
    view.stop()


@pytest.fixture
def view(starting: InformedCluster) -> InformedCluster:
    """A view that has seen the cluster."""
    starting.start()
    assert starting.wait_synced(10)
    return starting


def test_a_namespace_that_is_watched_is_not_asked_for(api: ApiServer, view: InformedCluster) -> None:
    settings = view.settings("team-a")
    assert settings is not None
    assert settings.profile.name == "default"
    assert view.settings("plain") is None
    assert api.reads(f"{NAMESPACES}/team-a") == api.reads(f"{NAMESPACES}/plain") == 0


def test_a_namespace_that_the_api_server_knows_to_be_opted_in_is_asked_for(
    api: ApiServer, view: InformedCluster
) -> None:
    assert view.settings("plain", selected=True) is None
    assert view.settings("team-a", selected=True) is not None
    assert (api.reads(f"{NAMESPACES}/plain"), api.reads(f"{NAMESPACES}/team-a")) == (1, 0)
    api.objects[f"{NAMESPACES}/plain"]["metadata"]["labels"] = OPTED_IN  # and the watch has not brought it yet
    assert view.settings("plain") is None
    assert view.settings("plain", selected=True) is not None


def test_what_was_worked_out_is_remembered(view: InformedCluster) -> None:
    assert view.settings("team-a") is view.settings("team-a")


def test_changed_labels_count_at_once(api: ApiServer, view: InformedCluster) -> None:
    before = view.settings("team-a")
    api.namespace("team-a", {**OPTED_IN, keys.PROFILE: "bare"})
    eventually(lambda: view.settings("team-a") != before)
    settings = view.settings("team-a")
    assert settings is not None
    assert settings.profile.name == "bare"


def test_a_changed_policy_counts_at_once(view: InformedCluster, policy_file: PolicyFile, tmp_path: Path) -> None:
    exports, before = view.exports, view.settings("team-a")
    (tmp_path / "policy.yaml").write_text(QUIET.replace("storageClassName: nfs", "storageClassName: other"))
    policy_file.look()
    settings = view.settings("team-a")
    assert settings is not None
    assert before is not None
    assert (before.storage_class, settings.storage_class) == ("nfs", "other")
    assert view.policy is policy_file.current
    assert view.exports is not exports


def test_a_namespace_that_the_watch_has_not_brought_is_asked_for(api: ApiServer, starting: InformedCluster) -> None:
    assert starting.settings("team-a") is not None
    assert api.reads(f"{NAMESPACES}/team-a") == 1


def test_a_namespace_that_does_not_exist_is_asked_for_each_time(api: ApiServer, view: InformedCluster) -> None:
    assert view.settings("soon") is None
    assert view.settings("soon") is None
    assert api.reads(f"{NAMESPACES}/soon") == 2
    api.namespace("soon", OPTED_IN)
    assert view.settings("soon") is not None


def test_the_default_class_is_that_of_the_plugin(api: ApiServer, view: InformedCluster) -> None:
    assert view.default_class() == "fast"
    api.storage_class("newer", default=True, created="2026-02-01T00:00:00Z")
    eventually(lambda: view.default_class() == "newer")


def test_classes_that_exist_are_known(view: InformedCluster) -> None:
    assert view.class_exists("nfs")
    assert not view.class_exists("missing")


def test_before_the_classes_are_known_nothing_is_said_about_them(starting: InformedCluster) -> None:
    with pytest.raises(ClusterUnknown):
        starting.default_class()
    with pytest.raises(ClusterUnknown):
        starting.class_exists("nfs")


def test_drivers_are_watched_from_when_a_profile_needs_them(
    api: ApiServer, view: InformedCluster, policy_file: PolicyFile, tmp_path: Path
) -> None:
    api.put(DRIVERS, keys.NFS_CSI_DRIVER, spec={"volumeLifecycleModes": ["Persistent", "Ephemeral"]})
    assert not view.csi_ephemeral()
    assert DRIVERS not in api.asked
    (tmp_path / "policy.yaml").write_text(POLICY)
    policy_file.look()
    eventually(view.csi_ephemeral)
    api.put(DRIVERS, keys.NFS_CSI_DRIVER, spec={"volumeLifecycleModes": ["Persistent"]})
    eventually(lambda: not view.csi_ephemeral())
    (tmp_path / "policy.yaml").write_text(QUIET)
    api.put(DRIVERS, keys.NFS_CSI_DRIVER, spec={"volumeLifecycleModes": ["Ephemeral"]})
    policy_file.look()
    assert not view.csi_ephemeral()


def test_what_a_quota_limits_is_known_from_its_status_alone(api: ApiServer, view: InformedCluster) -> None:
    hard = {"nfs.storageclass.storage.k8s.io/requests.storage": "10Gi"}
    api.put(QUOTAS, keys.LIMITS, metadata={"namespace": "team-a", "labels": OURS}, spec={"hard": hard})
    whole = {"spec": {"hard": hard}, "status": {"hard": hard}}
    api.put(QUOTAS, keys.LIMITS, metadata={"namespace": "plain", "labels": OURS}, **whole)
    eventually(lambda: view.limited("plain") == hard.keys())
    assert not view.limited("team-a")
    assert not view.limited("soon")


def test_a_quota_of_our_name_that_is_somebody_elses_lets_nobody_through(api: ApiServer, view: InformedCluster) -> None:
    hard = {"nfs.storageclass.storage.k8s.io/requests.storage": "900Ti"}
    theirs = {"namespace": "team-a", "labels": {keys.MANAGED_BY: "Helm"}}
    api.put(QUOTAS, keys.LIMITS, metadata=theirs, spec={"hard": hard}, status={"hard": hard})
    ours = {"namespace": "plain", "labels": OURS}
    api.put(QUOTAS, keys.LIMITS, metadata=ours, spec={"hard": hard}, status={"hard": hard})
    eventually(lambda: view.limited("plain") == hard.keys())
    assert not view.limited("team-a")


def test_quotas_are_watched_unless_the_policy_switches_limits_off(
    api: ApiServer, policy_file: PolicyFile, tmp_path: Path
) -> None:
    (tmp_path / "policy.yaml").write_text(f"{QUIET}\nlimits: false\n")
    policy_file.look()
    view = InformedCluster(api.client, policy_file, "nfs-steward")
    view.start()
    assert view.wait_synced(10)
    assert QUOTAS not in api.asked
    (tmp_path / "policy.yaml").write_text(QUIET)
    policy_file.look()
    eventually(lambda: QUOTAS in api.asked)
    view.stop()


@pytest.mark.parametrize("action", ["readOnly", "block"])
def test_claims_over_their_size_are_watched_while_a_profile_acts_on_them(
    api: ApiServer, view: InformedCluster, policy_file: PolicyFile, tmp_path: Path, action: str
) -> None:
    labels, used = {keys.OVER_QUOTA: keys.OVER_QUOTA_TRUE}, {keys.USED: "2Gi of 1Gi (200 %), 3 files"}
    api.put(CLAIMS, "full", metadata={"namespace": "team-a", "labels": labels, "annotations": used})
    assert view.over_quota("team-a", "full") is None
    assert CLAIMS not in api.asked
    (tmp_path / "policy.yaml").write_text(f"{QUIET}  overQuota: {action}\n")
    policy_file.look()
    eventually(lambda: view.over_quota("team-a", "full") == "2Gi of 1Gi (200 %), 3 files")
    assert view.over_quota("plain", "full") is None
    api.put(CLAIMS, "full", metadata={"namespace": "team-a", "annotations": used})
    eventually(lambda: view.over_quota("team-a", "full") is None)
    api.put(CLAIMS, "other", metadata={"namespace": "team-a", "labels": labels})
    eventually(lambda: view.over_quota("team-a", "other") == "")
    (tmp_path / "policy.yaml").write_text(QUIET)
    policy_file.look()
    assert view.over_quota("team-a", "other") is None


def test_gids_are_known_from_the_ledger_and_never_asked_for(api: ApiServer, view: InformedCluster) -> None:
    assert view.gid("team-a") is None
    entries = {"100000": "team-a uid-of-former", "100001": "team-a uid-of-team-a"}
    api.put(HOME, keys.GID_LEDGER, metadata={"namespace": "nfs-steward"}, data=entries)
    eventually(lambda: view.gid("team-a") == 100001)
    assert view.gid("plain") is None
    assert view.gid("soon") is None
    assert api.reads(f"{HOME}/{keys.GID_LEDGER}") == api.reads(f"{NAMESPACES}/soon") == 0


def test_single_objects_are_read(api: ApiServer, view: InformedCluster) -> None:
    api.put(VOLUMES, "pv", spec={"storageClassName": "s"})
    api.put(f"{NAMESPACES}/team-a/persistentvolumeclaims", "data", spec={})
    assert view.volume("pv") == api.objects[f"{VOLUMES}/pv"]
    assert view.claim("team-a", "data") is not None
    assert view.volume("gone") is None
    assert view.claim("team-a", "gone") is None
    assert view.volume("../nodes") is None


def test_a_read_does_not_wait_for_long(api: ApiServer, view: InformedCluster) -> None:
    api.open.clear()
    started = time.monotonic()
    with pytest.raises(Unreachable):
        view.volume("pv")
    assert time.monotonic() - started < READ_SECONDS * 3


def test_it_is_ready_when_all_that_is_watched_has_been_seen(api: ApiServer, starting: InformedCluster) -> None:
    api.open.clear()
    starting.start()
    assert not starting.wait_synced(0.1)
    check = starting.check()
    assert isinstance(check, Failing)
    assert "namespaces" in check.reason
    assert "storageclasses" in check.reason
    api.open.set()
    assert starting.wait_synced(10)
    assert isinstance(starting.check(), Passing)
