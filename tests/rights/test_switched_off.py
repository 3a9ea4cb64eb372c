"""Rights to undo what a feature has done, when the policy switches it off: they stay for one upgrade, and then go. So
gates come off Pods that wait, and what limits namespaces is removed.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from kube import resources
from testbed.commands import run
from testbed.product.chart import CHART, NAMESPACE, RELEASE

from .world import World

POLICY = f"{RELEASE}-policy"


@dataclass(frozen=True)
class Switch:
    """A field of the policy that is on unless it says false, what is undone by which right, and who has that."""

    field: str
    kind: str
    verb: str
    accounts: frozenset[str]


GATES = Switch("schedulingGate", "pods", "patch", frozenset({"cluster", "export"}))
LIMITS = Switch("limits", "resourcequotas", "delete", frozenset({"cluster"}))


@pytest.fixture(params=[GATES, LIMITS], ids=lambda switch: switch.field)
def switch(request: pytest.FixtureRequest) -> Switch:
    """Each of them."""
    found: Switch = request.param
    return found


@pytest.fixture
def may_undo(world: World, switch: Switch, tmp_path: Path):
    """Tells which accounts an upgrade with this value of the switch would let undo what was done, given what is
    installed.
    """

    def may_undo(*, on: bool) -> set[str]:
        file = tmp_path / "values.json"
        file.write_text(json.dumps({**world.product.values, switch.field: on}))
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
            if switch.kind in rule["resources"] and switch.verb in rule["verbs"]
        }

    return may_undo


@pytest.fixture
def policy_before(world: World):
    """Has a policy be the one that is installed."""
    kept = world.admin.get(resources.CONFIG_MAPS, POLICY, NAMESPACE)["data"]

    def put(data: object) -> None:
        world.admin.patch(resources.CONFIG_MAPS, POLICY, {"data": data}, NAMESPACE, type="merge")

    yield lambda policy: put({"policy.yaml": yaml.safe_dump(policy)})
    put(kept)


def test_while_it_is_on_there_is_the_right(may_undo, switch: Switch) -> None:
    assert may_undo(on=True) == switch.accounts


def test_the_upgrade_that_switches_it_off_leaves_the_right_to_undo_what_is_there(may_undo, switch: Switch) -> None:
    assert may_undo(on=False) == switch.accounts


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        pytest.param(False, False, id="switched off before"),
        pytest.param(True, True, id="switched on before"),
        pytest.param(None, True, id="on by default before"),
    ],
)
def test_the_next_one_takes_the_right_away(may_undo, policy_before, switch: Switch, before, kept) -> None:
    policy_before({} if before is None else {switch.field: before})
    assert may_undo(on=False) == (switch.accounts if kept else set())
