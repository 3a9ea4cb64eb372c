"""What the change of policy is, and how it is seen to have arrived."""

import time
from typing import Any

from bench.policychange import Quota, changed, probed, probing, quota_of
from bench.volumes.arrivals import Waits
from policy.load import load_policy
from policy.quotas import storage_of
from tests.waiting import eventually

POLICY = """
exports: [{server: 10.0.0.5, path: /nfs/data}]
gidRange: {from: 100000, to: 199999}
profiles: [{name: default, storageClassName: nfs}, {name: gold, storageClassName: nfs}]
"""


def test_each_profile_has_another_quota_and_each_export_another_group() -> None:
    policy = load_policy(changed(POLICY, "11Gi", 0), "policy.yaml")
    assert {profile.quota.storage for profile in policy.profiles} == {"11Gi"}
    assert [export.directories.gid for export in policy.exports] == [0]
    assert load_policy(changed(POLICY, "11Gi", "auto"), "policy.yaml").exports[0].directories.gid == "auto"


def test_what_a_quota_says_may_not_be_in_force_yet() -> None:
    name = storage_of("nfs")
    quota: dict[str, Any] = {"spec": {"hard": {name: "11Gi"}}, "status": {"hard": {name: "10Gi"}}}
    assert quota_of(quota) == Quota("11Gi", "10Gi")
    assert quota_of({"spec": {"hard": {name: "11Gi"}}}) == Quota("11Gi", None)


class SlowServer:
    """Takes its time over each answer."""

    def __init__(self) -> None:
        self.asked = 0

    def get(self, *_what: object) -> None:
        self.asked += 1
        time.sleep(0.005)


def test_a_probe_tells_how_long_each_answer_took_since_last_time() -> None:
    server: Any = SlowServer()
    with probing(server) as take_waits:
        eventually(lambda: server.asked > 3)
        waits = take_waits()
        assert len(waits.seconds) >= 3
        assert waits.percentile(50) >= 0.005
        assert len(take_waits().seconds) < len(waits.seconds)


def test_what_others_feel_is_told_beside_what_they_felt_before() -> None:
    row = probed("a change", Waits((0.002, 0.004)), Waits((0.001, 0.002)))
    assert (row.ours, row.peer, row.unit, row.notes) == (4.0, 2.0, "ms", "p50 2.0, before 1.0")
