"""Volumes that do not go, and Pods that are not let go."""

from datetime import timedelta

import pytest

from controller.doctor.observed import Observed
from policy import keys
from policy.shapes import Json
from tests.controller.doctor.objects import NOW, event, says, seen, told, volume


def ours(phase: str = "Released", policy: str = "Delete") -> Json:
    made = volume(phase=phase, persistentVolumeReclaimPolicy=policy)
    made["metadata"]["annotations"] = {keys.PROVISIONED_BY: keys.PROVISIONER}
    return made


def about(kind: str, name: str, message: str = "so it is") -> Json:
    warning = event(message, kind=kind, name=name)
    if kind == "PersistentVolume":
        del warning["involvedObject"]["namespace"]
    return warning


def pod(waited: float, *gates: str) -> Json:
    created = (NOW - timedelta(seconds=waited)).isoformat()
    metadata = {"namespace": "team", "name": "p", "creationTimestamp": created}
    return {"metadata": metadata, "spec": {"schedulingGates": [{"name": gate} for gate in gates]}}


WARNED = (about("PersistentVolume", "v"),)


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param(
            "volume-stuck", seen(volumes=(ours(),), events=WARNED), ["it stays: so it is"], id="an Event says why"
        ),
        pytest.param("volume-stuck", seen(volumes=(ours(),)), [], id="it is being dealt with"),
        pytest.param("volume-stuck", seen(volumes=(ours("Bound"),), events=WARNED), [], id="it is in use"),
        pytest.param("volume-stuck", seen(volumes=(ours(policy="Retain"),), events=WARNED), [], id="it is to stay"),
        pytest.param(
            "volume-stuck", seen(volumes=(volume(phase="Released"),), events=WARNED), [], id="not one of ours"
        ),
        pytest.param(
            "pod-gated",
            seen(pods=(pod(300, keys.DIRECTORY_GATE),)),
            ["5 min for a directory: nothing"],
            id="at the gate",
        ),
        pytest.param(
            "pod-gated",
            seen(pods=(pod(300, f"{keys.DIRECTORY_GATE}-main"),), events=(about("Pod", "p"),)),
            ["5 min for a directory: so it is"],
            id="an Event says why it is at the gate",
        ),
        pytest.param("pod-gated", seen(pods=(pod(5, keys.DIRECTORY_GATE),)), [], id="for a moment"),
        pytest.param("pod-gated", seen(pods=(pod(300, "others.example/gate"),)), [], id="at somebody else's gate"),
        pytest.param("pod-gated", seen(pods=(pod(300),)), [], id="at no gate"),
    ],
)
def test_waiting(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
