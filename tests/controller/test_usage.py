"""How much of volumes is used, as a controller tells it on volume and claim, by Events, metrics and the Lease."""

import re
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.options import Seams
from controller.process import ControllerProcess
from policy import keys
from tests.lives import Life, MortalApi
from tests.waiting import eventually

Start = Callable[..., ControllerProcess]
Json = dict[str, Any]

CLAIM = "/api/v1/namespaces/team-a/persistentvolumeclaims/data"
VOLUME = "/api/v1/persistentvolumes/pvc-uid-of-data"
TEAM = "/api/v1/namespaces/team-a"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/nfs-steward/leases/nfs-steward-export-main"
BLOCK = 4096


@pytest.fixture
def policy_file(policy_file: Path) -> Path:
    """The usual policy, with claims over their size mounted read-only and measured all the time."""
    text = policy_file.read_text().replace("{name: default,", "{name: default, overQuota: readOnly,")
    policy_file.write_text(f"{text}\nmeasuring: {{every: 100ms, fullEvery: 100ms}}\ncontact: me\n")
    return policy_file


@pytest.fixture
def data(exported: dict[str, Path]) -> Path:
    """The directory of the claim `data`."""
    folder = exported["main"] / "team-a" / "data"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def bound(api: Any, data: Path) -> Any:
    """The claim `data`, bound to a volume of ours of a hundred blocks."""
    assert data.is_dir()
    size = {"storage": "400Ki"}
    api.claim("data", storageClassName="ours", volumeName="pvc-uid-of-data")
    claim = api.objects[CLAIM]
    claim["spec"]["resources"]["requests"] = size
    api.put(CLAIM, {**claim, "status": {"phase": "Bound", "capacity": size}})
    api.put(VOLUME, volume("pvc-uid-of-data", {keys.PROVISIONED_BY: keys.PROVISIONER}, capacity=size))
    return api


def volume(name: str, annotations: dict[str, str], **spec: Any) -> Json:
    reference = {"namespace": "team-a", "name": "data", "uid": "uid-of-data"}
    source = {"server": "10.0.0.5", "path": "/nfs/data/team-a/data"}
    whole = {"claimRef": reference, "nfs": source, "mountOptions": ["hard"], **spec}
    metadata = {"name": name, **({"annotations": annotations} if annotations else {})}
    return {"metadata": metadata, "spec": whole, "status": {"phase": "Bound"}}


def fill(folder: Path, blocks: int, name: str = "file") -> None:
    (folder / name).write_bytes(b"x" * BLOCK * blocks)


def says(api: Any, claim: str = CLAIM) -> tuple[str, str | None]:
    """How much of a claim is used, by its annotation; and its label."""
    metadata = api.objects[claim]["metadata"]
    used = metadata.get("annotations", {}).get(keys.USED, "")
    return used, metadata.get("labels", {}).get(keys.OVER_QUOTA)


def metrics(process: ControllerProcess) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{process.health_port}/metrics") as page:
        return str(page.read(), "utf-8")


def figure(process: ControllerProcess, name: str) -> float | None:
    found = re.search(rf"^nfs_steward_{name}{{[^}}]*}} (\S+)$", metrics(process), re.MULTILINE)
    return float(found[1]) if found else None


def measured_at(process: ControllerProcess) -> float:
    return figure(process, "claim_measured_timestamp_seconds") or 0.0


def test_volume_claim_metrics_and_lease_tell_the_same(bound: Any, data: Path, start_controller: Start) -> None:
    fill(data, 20)
    (data / "empty").touch()
    before = datetime.now(UTC) - timedelta(seconds=1)
    process = start_controller()

    eventually(lambda: says(bound)[0])

    used, label = says(bound)
    marks = bound.objects[VOLUME]["metadata"]["annotations"]
    assert re.fullmatch(r"8\dKi of 400Ki \(2\d %\), 2 files", used)
    assert label is None
    assert figure(process, "claim_used_bytes") == int(marks[keys.USED_BYTES])
    assert figure(process, "claim_used_files") == int(marks[keys.USED_FILES]) == 2
    assert figure(process, "claim_capacity_bytes") == 400 * 1024
    assert figure(process, "export_free_bytes") is not None
    assert 'nfs_steward_claim_used_bytes{claim="data",export="main",namespace="team-a"}' in metrics(process)
    measured = figure(process, "claim_measured_timestamp_seconds")
    assert measured is not None
    assert before.timestamp() <= measured <= time.time()
    eventually(lambda: bound.objects[LEASE]["metadata"]["annotations"].get(keys.OLDEST_MEASUREMENT))
    assert keys.USED_THRESHOLD not in marks
    assert bound.events("data") == []


def test_a_claim_over_its_size_is_marked_and_told_once_until_it_is_emptied(
    bound: Any, data: Path, start_controller: Start
) -> None:
    fill(data, 120)
    start_controller()

    eventually(lambda: says(bound)[1] == "true")
    eventually(lambda: bound.reasons("data") == ["OverQuota"])
    assert "(12" in says(bound)[0]
    used, _ = says(bound)
    (message,) = [message for _, message in bound.events("data")]
    assert used in message
    assert message.endswith("Delete what is not needed, or ask me for more.")

    fill(data, 97)
    eventually(lambda: "(9" in says(bound)[0])
    assert says(bound)[1] == "true"
    fill(data, 10)
    eventually(lambda: says(bound)[1] is None)
    eventually(lambda: bound.reasons("data") == ["OverQuota", "WithinQuota"])


def test_a_restart_tells_nothing_again(bound: Any, data: Path, start_controller: Start) -> None:
    fill(data, 85)
    start_controller().stop()
    first = start_controller()
    eventually(lambda: bound.reasons("data") == ["UsageHigh"])
    first.stop()
    written = len(bound.writes)

    process = start_controller()

    eventually(lambda: figure(process, "claim_used_bytes"))
    assert bound.reasons("data") == ["UsageHigh"]
    assert [write.path for write in bound.writes[written:] if "/events" not in write.path] == []


@pytest.mark.parametrize("effects", [0, 1, 2, 3])
def test_dying_after_any_effect_leads_to_a_claim_that_is_marked_and_told(
    bound: Any, data: Path, start_controller: Start, effects: int
) -> None:
    fill(data, 120)
    life = Life(effects)
    first = start_controller(Seams(api=lambda real: MortalApi(real, life)))
    eventually(lambda: life.done == effects)
    first.stop()

    start_controller()

    eventually(lambda: says(bound)[1] == "true")
    eventually(lambda: "OverQuota" in bound.reasons("data"))


def test_a_steady_state_neither_reads_nor_writes(bound: Any, data: Path, start_controller: Start) -> None:
    fill(data, 20)
    process = start_controller()
    eventually(lambda: says(bound)[0])
    asked: list[str] = []
    bound.refuse = lambda method, path: asked.append(f"{method} {path}") if path in (CLAIM, VOLUME) else None

    def asks_nothing(passes: int = 1) -> bool:
        asked.clear()
        for _ in range(passes):
            before = measured_at(process)
            eventually(lambda before=before: measured_at(process) > before)
        return not asked

    eventually(asks_nothing)  # the watch has brought what was told last
    assert asks_nothing(passes=3), asked


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda metadata: metadata.pop("labels"), id="the label"),
        pytest.param(lambda metadata: metadata["annotations"].update({keys.USED: "little"}), id="the annotation"),
    ],
)
def test_what_a_tenant_changes_is_put_back(
    bound: Any, data: Path, start_controller: Start, edit: Callable[[Json], object]
) -> None:
    fill(data, 120)
    start_controller()
    eventually(lambda: says(bound)[1] == "true")
    right = says(bound)

    claim = bound.objects[CLAIM]
    metadata = {**claim["metadata"], "annotations": dict(claim["metadata"]["annotations"])}
    edit(metadata)
    bound.put(CLAIM, {**claim, "metadata": metadata})

    eventually(lambda: says(bound) == right)


def test_a_claim_that_goes_takes_its_figures_along(bound: Any, start_controller: Start) -> None:
    process = start_controller()
    eventually(lambda: figure(process, "claim_used_bytes") is not None)

    bound.remove(VOLUME)

    eventually(lambda: figure(process, "claim_used_bytes") is None)


def test_a_namespace_that_is_no_longer_opted_in_has_its_claims_unmarked(
    bound: Any, data: Path, start_controller: Start
) -> None:
    fill(data, 120)
    start_controller()
    eventually(lambda: says(bound)[1] == "true")

    bound.put(TEAM, {"metadata": {"labels": {}}})

    eventually(lambda: says(bound)[1] is None)
    assert says(bound)[0]


def test_a_static_volume_is_measured_only_where_its_namespace_is_opted_in(
    bound: Any, data: Path, start_controller: Start
) -> None:
    bound.put(VOLUME, volume("pvc-uid-of-data", {}, capacity={"storage": "400Ki"}))
    fill(data, 120)
    process = start_controller()
    eventually(lambda: says(bound)[1] == "true")

    bound.put(TEAM, {"metadata": {"labels": {}}})

    eventually(lambda: says(bound) == ("", None))
    eventually(lambda: figure(process, "claim_used_bytes") is None)


def test_a_profile_that_has_nothing_follow_unmarks_claims(
    bound: Any, data: Path, start_controller: Start, policy_file: Path
) -> None:
    fill(data, 120)
    start_controller()
    eventually(lambda: says(bound)[1] == "true")

    policy_file.write_text(policy_file.read_text().replace("overQuota: readOnly", "overQuota: warn"))

    eventually(lambda: says(bound)[1] is None)
    eventually(lambda: bound.reasons("data") == ["OverQuota", "OverQuota"])
