"""What uninstalling takes off objects that stay."""

import jsonpatch
import pytest

from controller.decisions.leaving import ungated, without_finalizers
from policy.shapes import Json


def pod(*gates: str) -> Json:
    return {"metadata": {"uid": "1"}, "spec": {"schedulingGates": [{"name": gate} for gate in gates]}}


@pytest.mark.parametrize(
    ("gates", "left"),
    [
        pytest.param(["nfs-steward.io/directory"], [], id="the one gate"),
        pytest.param(["nfs-steward.io/directory", "nfs-steward.io/directory-main"], [], id="one for each export"),
        pytest.param(
            ["a.example/x", "nfs-steward.io/directory", "b.example/y"], ["a.example/x", "b.example/y"], id="amid"
        ),
    ],
)
def test_all_our_gates_come_off_and_no_others(gates: list[str], left: list[str]) -> None:
    patch = ungated(pod(*gates))
    assert jsonpatch.apply_patch(pod(*gates), patch) == pod(*left)


@pytest.mark.parametrize(
    ("finalizers", "left"),
    [
        pytest.param(["nfs-steward.io/data"], [], id="the only one"),
        pytest.param(["a/x", "nfs-steward.io/a", "b/y", "nfs-steward.io/b"], ["a/x", "b/y"], id="amid"),
        pytest.param(
            ["x.nfs-steward.io/a", "nfs-steward.io/a"], ["x.nfs-steward.io/a"], id="beside one that looks alike"
        ),
    ],
)
def test_all_our_finalizers_come_off_and_no_others(finalizers: list[str], left: list[str]) -> None:
    volume = {"metadata": {"uid": "1", "finalizers": finalizers}}
    patch = without_finalizers(volume)
    assert jsonpatch.apply_patch(volume, patch) == {"metadata": {"uid": "1", "finalizers": left}}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"metadata": {"uid": "2"}}, id="another object of that name"),
        pytest.param({"metadata": {"uid": "1", "finalizers": ["b/y", "nfs-steward.io/a"]}}, id="in another order"),
    ],
)
def test_a_patch_does_not_touch_what_has_changed_meanwhile(changed: Json) -> None:
    patch = without_finalizers({"metadata": {"uid": "1", "finalizers": ["nfs-steward.io/a", "b/y"]}})
    with pytest.raises(jsonpatch.JsonPatchException):
        jsonpatch.apply_patch(changed, patch)


def test_what_has_nothing_of_ours_is_left_alone() -> None:
    assert ungated(pod("a.example/x")) is None
    assert ungated({"metadata": {"uid": "1"}, "spec": {}}) is None
    assert without_finalizers({"metadata": {"uid": "1", "finalizers": ["kubernetes.io/pv-protection"]}}) is None
    assert without_finalizers({"metadata": {"uid": "1"}}) is None
