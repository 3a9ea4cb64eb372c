"""What is kept of ResourceQuotas and LimitRanges."""

from typing import Any

import pytest

from controller.observed.limits import limits_record
from policy import keys

HARD = {"nfs.storageclass.storage.k8s.io/requests.storage": "0.5Ti"}
SPELLED = {"nfs.storageclass.storage.k8s.io/requests.storage": "512Gi"}
USED = {"nfs.storageclass.storage.k8s.io/requests.storage": "1Gi"}


def quota(status: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    own = {"name": "nfs-steward", "namespace": "team-a", "uid": "u", "resourceVersion": "7", **metadata}
    return {"metadata": own, "spec": {"hard": HARD}, **({"status": status} if status else {})}


@pytest.mark.parametrize(
    ("labels", "ours"),
    [
        pytest.param({keys.MANAGED_BY: "nfs-steward"}, True, id="ours"),
        pytest.param({keys.MANAGED_BY: "Helm"}, False, id="somebody else's"),
        pytest.param({}, False, id="nobody's"),
    ],
)
def test_ours_are_known_by_their_label(labels: dict[str, str], ours: bool) -> None:
    assert limits_record(quota(labels=labels)).ours is ours


@pytest.mark.parametrize(
    ("status", "used"),
    [
        pytest.param(None, None, id="nothing counted yet"),
        pytest.param({"hard": SPELLED, "used": USED}, USED, id="counted by what it says"),
        pytest.param({"hard": {"pods": "1"}, "used": {"pods": "0"}}, None, id="counted by what it said before"),
    ],
)
def test_use_counts_once_it_was_counted_by_the_spec_as_it_is(status: Any, used: Any) -> None:
    assert limits_record(quota(status)).used == used


def test_what_we_left_there_is_kept() -> None:
    marks = {keys.WRITTEN: "abc", keys.TOLD: "x=80"}
    record = limits_record(quota(annotations=marks))
    assert (record.written, record.told) == ("abc", "x=80")
    assert (record.namespace, record.uid, record.version, record.spec) == ("team-a", "u", "7", {"hard": HARD})
