"""Whatever claims and classes say, provisioning touches no file but the directory that it says in the volume."""

import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.decisions.actions import CreateVolume, Outcomes
from controller.decisions.facts import ExportFacts
from controller.decisions.provisioning import ClaimFacts, decide_claim
from controller.export.operations import SystemCalls
from controller.export.requests import MakeDirectory
from controller.export.walk import make_directory
from controller.observed.occupied import Occupant, OccupiedDirectories
from controller.rules import Rules
from policy import keys
from policy.load import load_policy
from tests.trees import changed, whole_tree

RULES = Rules(
    load_policy(
        f"""
exports:
- {{name: main, server: 10.0.0.5, path: /nfs/data, directories: {{uid: {os.geteuid()}, gid: {os.getegid()}}}}}
profiles: [{{name: default}}]
""",
        "test",
    )
)
PIECES = (
    "${.PVC.name}",
    "${.PVC.labels.x}",
    "${.PVC.annotations.x}",
    "${.PVC.annotations.y:-z}",
    "${pv.metadata.name}",
)
patterns = st.lists(st.sampled_from([*PIECES, "/", ".", "..", "a", ".nfs-steward", "${", "\\"]), max_size=6).map(
    "".join
)
hostile = st.sampled_from(
    ["..", "../victim", "/etc", "a/../../b", ".nfs-steward", "link", "taken", "a\nb", "", "é" * 128]
) | st.text(st.sampled_from("ab./\\\0${}-"), max_size=6)


def planted(top: Path) -> Path:
    """An export with what others have on it, and a link that leads out of it; returns its root."""
    root = top / "export"
    for folder in (root / "taken" / "a", root / ".nfs-steward" / "aside", top / "victim"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("theirs")
    (root / "link").symlink_to(top / "victim")
    return root


@given(pattern=patterns, name=hostile, label=hostile, annotation=hostile, shared=st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_nothing_on_the_export_changes_but_the_claims_own_directory(
    pattern: str, name: str, label: str, annotation: str, shared: bool
) -> None:
    claim: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "namespace": "team-a",
            "name": name,
            "uid": "claim-uid",
            "labels": {"x": label},
            "annotations": {keys.STORAGE_PROVISIONER_ANNOTATIONS[0]: keys.PROVISIONER, "x": annotation, "y": label},
        },
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    parameters = {"pathPattern": pattern, "shared": str(shared).lower()}
    storage_class = {"metadata": {"name": "ours"}, "provisioner": keys.PROVISIONER, "parameters": parameters}
    occupied = OccupiedDirectories()
    occupied.put(Occupant("theirs", "team-b", provisioned=True), "main", ("taken",))
    facts = ClaimFacts(ExportFacts(RULES, RULES.policy.exports[0], None, occupied), storage_class, None)
    with tempfile.TemporaryDirectory() as folder:
        root = planted(Path(folder))
        before = whole_tree(Path(folder))
        volumes = provision(claim, facts, root)
        after = whole_tree(Path(folder))

    assert changed(before, after) == set()
    new = [os.fsdecode(path) for path in sorted(after.keys() - before.keys())]
    if not volumes:
        # A link in the way is noticed when it is reached: what is on the way to it is made by then.
        assert all(Path(path).parts[0] == "export" and Path(path).parts[1] != ".nfs-steward" for path in new)
        return
    (path,) = volumes
    own = "export" + path.removeprefix("/nfs/data")
    assert path.startswith("/nfs/data/")
    assert all(own == each or own.startswith(f"{each}/") for each in new)
    assert Path(own).parts[1] not in ("taken", ".nfs-steward", "link")


def provision(claim: dict[str, Any], facts: ClaimFacts, root: Path) -> list[str]:
    """Do what is decided, on a real directory; returns the paths of the volumes that would be made."""
    outcomes: dict[Any, Any] = {}
    while True:
        asked: Outcomes = outcomes
        actions = decide_claim(claim, facts, asked)
        requests = [action for action in actions if isinstance(action, MakeDirectory)]
        if not requests:
            return [action.volume["spec"]["nfs"]["path"] for action in actions if isinstance(action, CreateVolume)]
        for request in requests:
            outcomes[request] = make_directory(SystemCalls(), root, request.segments, request.wish)
