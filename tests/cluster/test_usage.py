"""How much of a claim is really used, on a real API server, with real files on the export."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, annotations, labels, sequence, text
from testbed.bed import Testbed
from testbed.kubectl import Kubectl
from testbed.product.chart import NAMESPACE
from testbed.product.executable import nfs_steward
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .installation import MAIN, Installation
from .objects import phase, pod, whole_claim

MI = 1 << 20


@pytest.fixture
def team(make_team: Callable[..., str], installation: Installation) -> str:
    """A namespace whose claims are mounted read-only while they are over their size."""
    assert installation.programs
    return make_team("read-only")


@pytest.fixture
def folder(client: Client, team: str, export_root: Path) -> Path:
    """The directory of the claim `data`, which has 4Mi."""
    size = {"requests": {"storage": "4Mi"}}
    client.create(resources.CLAIMS, whole_claim("data", team, storageClassName="nfs-growing", resources=size))
    wait_for("the claim to be bound", lambda: phase(claim_of(client, team)) == "Bound", WITHIN)
    return export_root / Path(volume_of(client, team)["spec"]["nfs"]["path"]).name


def claim_of(client: Client, team: str) -> Json:
    return client.get(resources.CLAIMS, "data", team)


def volume_of(client: Client, team: str) -> Json:
    return client.get(resources.VOLUMES, claim_of(client, team)["spec"]["volumeName"])


def used(client: Client, team: str) -> str:
    """How much is used, as the claim says."""
    return annotations(claim_of(client, team)).get(keys.USED, "")


def is_marked(client: Client, team: str) -> bool:
    return labels(claim_of(client, team)).get(keys.OVER_QUOTA) == "true"


def write(file: Path, mebibytes: int) -> None:
    """Have a file of that size appear at once: one that grows might be measured, and told of, half written."""
    beside = file.parent.with_name(f"{file.parent.name}.{file.name}")
    command = ["dd", "if=/dev/zero", f"of={beside}", "bs=1M", f"count={mebibytes}", "conv=fsync"]
    subprocess.run(command, check=True, capture_output=True, timeout=WITHIN)
    beside.rename(file)


def events(client: Client, team: str, reason: str) -> list[str]:
    """What was told about the claim, for this reason."""
    found = client.list(resources.EVENTS, team, field_selector=f"involvedObject.name=data,reason={reason}").items
    return [event["message"] for event in found]


def figure(installation: Installation, team: str, name: str) -> float | None:
    """A metric of the claim's."""
    for sample in installation.samples(MAIN):
        if sample.name == f"nfs_steward_claim_{name}" and sample.labels["namespace"] == team:
            assert (sample.labels["claim"], sample.labels["export"]) == ("data", "main")
            return sample.value
    return None


def status(testbed: Testbed, team: str) -> Json:
    """The claim, as `nfs-steward status` tells of it."""
    command = [*nfs_steward(), "status", team, "-o", "json", f"--namespace={NAMESPACE}"]
    told = subprocess.run(
        [*command, f"--kubeconfig={testbed.kubeconfig}"], check=True, capture_output=True, text=True, timeout=WITHIN
    )
    (namespace,) = json.loads(told.stdout)["namespaces"]
    (claim,) = namespace["claims"]
    return dict(claim)


def pod_gets_it_read_only(client: Client, team: str) -> bool:
    """Whether a Pod that was created now would."""
    mounting = pod("p", team, {"persistentVolumeClaim": {"claimName": "data"}})
    (volume,) = (
        each
        for each in sequence(client.create(resources.PODS, mounting, dry_run=True), "spec", "volumes")
        if "persistentVolumeClaim" in each
    )
    return volume["persistentVolumeClaim"].get("readOnly") is True


def test_describe_events_metrics_volume_and_status_tell_one_story(
    client: Client, kubectl: Kubectl, testbed: Testbed, installation: Installation, team: str, folder: Path
) -> None:
    write(folder / "file", 5)
    wait_for("the claim to be marked", lambda: is_marked(client, team), WITHIN)
    wait_for("the Event", lambda: events(client, team, "OverQuota"), WITHIN)

    says = used(client, team)
    marks = annotations(volume_of(client, team))
    exact = int(marks[keys.USED_BYTES])

    assert exact >= 5 * MI
    assert says == f"5Mi of 4Mi ({-(-exact * 100 // (4 * MI))} %), 1 file"
    (message,) = events(client, team, "OverQuota")
    assert message.startswith(f"This claim uses more than its size: {says}. New Pods get it read-only until ")
    described = kubectl("describe", "pvc", "data", f"--namespace={team}")
    assert f"{keys.USED}: {says}" in described
    assert f"{keys.OVER_QUOTA}=true" in described
    assert message in described
    assert figure(installation, team, "used_bytes") == exact
    assert figure(installation, team, "used_files") == 1
    assert figure(installation, team, "capacity_bytes") == 4 * MI
    told = status(testbed, team)
    assert (told["usedBytes"], told["usedFiles"], told["capacityBytes"]) == (exact, 1, 4 * MI)
    assert (told["told"], told["overQuota"]) == (says, True)
    assert (marks[keys.OVER_QUOTA], marks[keys.USED_THRESHOLD]) == ("readOnly", "100")


def test_it_ends_by_itself_when_use_falls(client: Client, installation: Installation, team: str, folder: Path) -> None:
    write(folder / "file", 5)
    wait_for("a Pod to get it read-only", lambda: pod_gets_it_read_only(client, team), WITHIN)

    (folder / "file").unlink()

    wait_for("a Pod to get it as ever", lambda: not pod_gets_it_read_only(client, team), WITHIN)
    assert not is_marked(client, team)
    assert used(client, team).endswith("of 4Mi (0 %), 0 files")
    wait_for("the Event", lambda: events(client, team, "WithinQuota"), WITHIN)
    assert len(events(client, team, "OverQuota")) == 1
    client.delete(resources.CLAIMS, "data", team)
    wait_for("its metrics to go", lambda: figure(installation, team, "used_bytes") is None, WITHIN)


def test_a_claim_that_grows_is_within_its_size_again(client: Client, team: str, folder: Path) -> None:
    write(folder / "file", 5)
    wait_for("the claim to be marked", lambda: is_marked(client, team), WITHIN)

    more = {"spec": {"resources": {"requests": {"storage": "8Mi"}}}}
    client.patch(resources.CLAIMS, "data", more, team, type="merge")

    wait_for("the mark to go", lambda: not is_marked(client, team), WITHIN)
    assert used(client, team).startswith("5Mi of 8Mi (6")


def test_marks_that_a_claim_was_created_with_are_put_right(client: Client, team: str) -> None:
    lies = {"labels": {keys.OVER_QUOTA: "true"}, "annotations": {keys.USED: "all of it"}}
    client.create(resources.CLAIMS, whole_claim("data", team, meta=lies, storageClassName="nfs-growing"))

    wait_for("the annotation to be true", lambda: used(client, team).endswith("of 1Gi (0 %), 0 files"), WITHIN)
    assert text(claim_of(client, team), "metadata", "labels", keys.OVER_QUOTA) is None
