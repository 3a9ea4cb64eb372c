"""The right to lift gates, when the policy switches them off: it stays while Pods may still wait, and then goes."""

import json
from pathlib import Path

import pytest
import yaml

from kube import resources
from testbed.commands import run
from testbed.product.chart import CHART, NAMESPACE, RELEASE

from .world import World

POLICY = f"{RELEASE}-policy"


@pytest.fixture
def may_lift_gates(world: World, tmp_path: Path):
    """Tells which accounts an upgrade with these values would let lift gates, given what is installed."""

    def may_lift_gates(**values: object) -> set[str]:
        file = tmp_path / "values.json"
        file.write_text(json.dumps({**world.product.values, **values}))
        state = {f"HELM_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "CONFIG", "DATA")}
        argv = [world.product.bed.program("helm"), "template", RELEASE, CHART, f"--namespace={NAMESPACE}"]
        asked = [
            "--dry-run=server",
            "--is-upgrade",
            "--take-ownership",
            f"--values={file}",
            f"--kubeconfig={world.product.bed.kubeconfig}",
        ]
        rendered = yaml.safe_load_all(run([*argv, *asked], env=state))
        return {
            obj["metadata"]["name"].removeprefix(f"{RELEASE}-")
            for obj in rendered
            if obj and obj["kind"] == "ClusterRole" and "helm.sh/hook" not in obj["metadata"].get("annotations", {})
            for rule in obj["rules"]
            if "pods" in rule["resources"] and "patch" in rule["verbs"]
        }

    return may_lift_gates


@pytest.fixture
def policy_before(world: World):
    """Has a policy be the one that is installed."""
    kept = world.admin.get(resources.CONFIG_MAPS, POLICY, NAMESPACE)["data"]

    def put(data: object) -> None:
        world.admin.patch(resources.CONFIG_MAPS, POLICY, {"data": data}, NAMESPACE, type="merge")

    yield lambda policy: put({"policy.yaml": yaml.safe_dump(policy)})
    put(kept)


def test_with_gates_both_controllers_may_lift_them(may_lift_gates) -> None:
    assert may_lift_gates() == {"cluster", "export"}


def test_the_upgrade_that_switches_gates_off_leaves_the_right_to_lift_those_that_are_there(may_lift_gates) -> None:
    assert may_lift_gates(schedulingGate=False) == {"cluster", "export"}


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        pytest.param({"schedulingGate": False}, set(), id="switched off before"),
        pytest.param({"schedulingGate": True}, {"cluster", "export"}, id="switched on before"),
        pytest.param({}, {"cluster", "export"}, id="on by default before"),
    ],
)
def test_the_next_one_takes_the_right_away(may_lift_gates, policy_before, before, kept) -> None:
    policy_before(before)
    assert may_lift_gates(schedulingGate=False) == kept
