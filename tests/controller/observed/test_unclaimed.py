"""Which volumes the binder may still give to a claim."""

from dataclasses import replace
from typing import Any

import pytest

from controller.observed.records import VolumeRecord, volume_record
from controller.observed.unclaimed import UnclaimedVolumes


def volume(storage_class: str = "ours", phase: str = "Available", **claim: str) -> VolumeRecord:
    spec: dict[str, Any] = {"storageClassName": storage_class, **({"claimRef": claim} if claim else {})}
    return volume_record({"metadata": {"name": "v"}, "spec": spec, "status": {"phase": phase}})


@pytest.mark.parametrize(
    ("seen", "unclaimed"),
    [
        pytest.param(volume(), True, id="nobody's"),
        pytest.param(volume(phase="Pending"), True, id="just made"),
        pytest.param(volume(namespace="a", name="b"), True, id="reserved by name"),
        pytest.param(volume(namespace="a", name="b", uid="c", phase="Bound"), False, id="bound"),
        pytest.param(volume(namespace="a", name="b", uid="c", phase="Released"), False, id="released"),
        pytest.param(volume(namespace="a", name="b", phase="Failed"), False, id="failed"),
        pytest.param(
            volume(namespace="a", name="b", uid="mine", phase="Available"), True, id="being given to the claim"
        ),
        pytest.param(volume("other", namespace="a", name="b", uid="mine"), True, id="the claim's whatever its class"),
        pytest.param(volume("other"), False, id="of another class"),
        pytest.param(volume(""), False, id="of none"),
    ],
)
def test_a_volume_is_unclaimed_until_the_binder_has_bound_it(seen: VolumeRecord, unclaimed: bool) -> None:
    volumes = UnclaimedVolumes()

    volumes.put(seen)

    assert volumes.any_for("mine", "ours") is unclaimed


def test_a_volume_that_was_made_for_its_claim_is_none_to_wait_for() -> None:
    volumes = UnclaimedVolumes()

    volumes.put(replace(volume(namespace="a", name="b", uid="mine"), name="pvc-mine"))

    assert not volumes.any_for("mine", "ours")


def test_a_volume_that_is_bound_or_gone_is_unclaimed_no_longer() -> None:
    volumes = UnclaimedVolumes()

    volumes.put(volume())
    volumes.put(volume(namespace="a", name="b", uid="c", phase="Bound"))
    assert not volumes.any_for("mine", "ours")

    volumes.put(volume())
    volumes.drop("v")
    volumes.drop("v")
    assert not volumes.any_for("mine", "ours")
