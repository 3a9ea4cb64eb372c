"""How `nfs-steward adopt` tells its plan, and how it begins; what it does in a cluster is tested on one."""

import json
import re
from typing import Any

import pytest

from cli.adopting.report import as_json
from cli.adopting.table import print_plan
from controller.adoption.classes import NotUnderstood, Understood
from controller.adoption.effects import Step
from controller.adoption.fate import Fate
from controller.adoption.plan import NewClaims, Plan
from controller.adoption.running import Runner
from controller.adoption.volumes import LeftAlone, TakenOver
from controller.observed.records import VolumeRecord, volume_record
from policy.durations import parse_duration
from policy.ending import Ending
from policy.parameters import OnDelete


def record(name: str, phase: str = "Bound", policy: str = "Delete", **spec: Any) -> VolumeRecord:
    """A volume of the claim team-a/data at 10.0.0.5:/nfs/data/NAME."""
    claim = {"namespace": "team-a", "name": "data", "uid": "1"}
    source = {"nfs": {"server": "10.0.0.5", "path": f"/nfs/data/{name}"}}
    whole = {**source, "claimRef": claim, "persistentVolumeReclaimPolicy": policy, **spec}
    return volume_record({"metadata": {"name": name}, "spec": whole, "status": {"phase": phase}})


ARCHIVED = Fate(Ending(OnDelete.ARCHIVE, parse_duration("720h")), "class nfs-client says so")


@pytest.fixture
def plan() -> Plan:
    """A plan in which everything that there is to say is said."""
    return Plan(
        provisioner="example.com/old",
        runners=(Runner("default", "Deployment", "old"),),
        new_claims=NewClaims(served=False, who="nobody", remedy="set it"),
        classes=(Understood("nfs-client", ARCHIVED.ending), NotUnderstood("odd", "parameter x is not supported")),
        volumes=(
            TakenOver(record("pvc-1"), ARCHIVED, []),
            TakenOver(record("pvc-2", phase="Released"), ARCHIVED, []),
            TakenOver(record("pvc-3", policy="Retain"), ARCHIVED, []),
            TakenOver(record("pvc-5"), ARCHIVED, [], sharers=("pvc-6", "pvc-7")),
            LeftAlone(record("pvc-4", claimRef=None), "it lies on no managed export", "add one"),
        ),
        waiting=("team-a/waiting",),
        still_needed="keep the node part",
        unread=("team-a/marked",),
    )


def test_the_table_says_each_thing_once_with_what_is_planned_and_why(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    print_plan(plan)
    unfolded = re.sub(r"\n {2,}", " ", capsys.readouterr().out)
    rows = [" ".join(line.split()) for line in unfolded.splitlines()]
    archived = "its data is archived for 720h"
    unread = (
        "its annotations nfs.io/createMode, nfs.io/createUID, nfs.io/createGID are not read: a new directory gets mode "
        "and owner of its class, one that is there keeps its own"
    )
    last = "with the last of those that share its directory, such as pvc-6"
    assert [row for row in rows if row.strip("─")] == [
        "of example.com/old plan why",
        "Deployment default/old stop it first kubectl -n default scale deployment old --replicas=0",
        "new claims not nfs-steward nobody; set it",
        "claim team-a/waiting waits for whoever serves new claims",
        f"claim team-a/marked not understood {unread}",
        "StorageClass nfs-client understood when a claim is deleted its data is archived for 720h",
        "StorageClass odd not understood parameter x is not supported",
        "mounts stay as they are keep the node part",
        "volume pvc-4 leave alone it lies on no managed export; add one",
        f"volume pvc-1 of team-a/data take over {archived} when its claim is deleted: class nfs-client says so",
        f"volume pvc-2 of team-a/data take over {archived} at once, since its claim is gone: class nfs-client says so",
        "volume pvc-3 of team-a/data take over its data is retained: its reclaim policy is not Delete",
        f"volume pvc-5 of team-a/data take over {archived} {last}: class nfs-client says so",
    ]


def test_the_report_says_what_came_of_each_volume(plan: Plan) -> None:
    steps = {"pvc-2": Step("pvc-2", "failed", "no server")}
    told = json.loads(as_json(plan, steps, dry_run=False, complete=False))
    assert [told[key] for key in ("provisioner", "dryRun", "complete")] == ["example.com/old", False, False]
    assert told["running"][0]["stop"] == "kubectl -n default scale deployment old --replicas=0"
    claims = {"waiting": ["team-a/waiting"], "unread": ["team-a/marked"]}
    assert told["newClaims"] == {"served": False, "who": "nobody", "remedy": "set it", **claims}
    assert told["classes"] == [
        {"name": "nfs-client", "understood": True, "onDelete": "archive", "archiveFor": "720h"},
        {"name": "odd", "understood": False, "why": "parameter x is not supported"},
    ]
    first, second, _, _, last = told["volumes"]
    assert first == {
        "name": "pvc-1",
        "claim": "team-a/data",
        "place": "10.0.0.5:/nfs/data/pvc-1",
        "takenOver": True,
        "why": "class nfs-client says so",
        "onDelete": "archive",
        "archiveFor": "720h",
        "atOnce": False,
        "sharers": [],
        "outcome": None,
        "problem": "",
    }
    assert [second[key] for key in ("atOnce", "outcome", "problem")] == [True, "failed", "no server"]
    assert [last[key] for key in ("claim", "takenOver", "remedy")] == [None, False, "add one"]


def test_without_a_cluster_there_is_nothing_to_begin_with(run: Any, tmp_path: Any) -> None:
    result = run("adopt", "--provisioner", "x", "--kubeconfig", tmp_path / "none")
    assert result.exit_code == 2
    assert "there is no such kubeconfig" in result.stderr
