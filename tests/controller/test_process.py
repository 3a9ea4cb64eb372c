"""A whole controller against an API server that remembers every write, and exports that are folders."""

import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.export.operations import SystemCalls
from controller.options import OptionsInvalid, Seams
from controller.process import ControllerProcess

from .meanwhile import Meanwhile

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]

CORE = "/api/v1"
TEAM = f"{CORE}/namespaces/team-a"
CLAIMS, PODS, VOLUMES = f"{TEAM}/persistentvolumeclaims", f"{TEAM}/pods", f"{CORE}/persistentvolumes"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


def page(process: ControllerProcess, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{process.health_port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Doors(SystemCalls):
    """Real system calls that wait at the door while it is shut."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def open_root(self, root: Path) -> int:
        self.open.wait()
        return super().open_root(root)


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.fixture
def hanging_main(doors: Doors, exported: dict[str, Path]) -> Iterator[Seams]:
    """Seams by which the export `main` hangs until the doors open, and no other export does."""

    class OnlyMain(SystemCalls):
        def open_root(self, root: Path) -> int:
            return doors.open_root(root) if root == exported["main"] else super().open_root(root)

    yield Seams(operations=lambda _real: OnlyMain())
    doors.open.set()


def test_a_claim_gets_a_directory_and_a_volume(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    api.claim("data", storageClassName="ours")
    start_controller()

    eventually(lambda: f"{VOLUMES}/pvc-uid-of-data" in api.objects)
    volume = api.objects[f"{VOLUMES}/pvc-uid-of-data"]
    assert (exported["main"] / "team-a-data-pvc-uid-of-data").is_dir()
    assert volume["spec"]["claimRef"]["uid"] == "uid-of-data"
    assert volume["spec"]["mountOptions"] == ["hard", "noatime"]
    eventually(lambda: api.reasons("data") == ["ProvisioningSucceeded"])
    assert not any(write.path.startswith(CLAIMS) for write in api.writes), "the claim is the binder's"


def test_a_claim_of_our_class_is_provisioned_in_any_namespace_without_the_profiles_options(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.claim("data", storageClassName="ours")
    claim = api.objects[f"{CLAIMS}/data"]
    api.remove(f"{CLAIMS}/data")
    metadata = {"uid": "elsewhere", "annotations": claim["metadata"]["annotations"]}
    api.put(
        f"{CORE}/namespaces/others/persistentvolumeclaims/data",
        {"metadata": metadata, "spec": claim["spec"], "status": claim["status"]},
    )
    start_controller()

    eventually(lambda: f"{VOLUMES}/pvc-elsewhere" in api.objects)
    assert api.objects[f"{VOLUMES}/pvc-elsewhere"]["spec"]["mountOptions"] == ["hard"]


def test_a_claim_without_a_class_gets_the_namespaces(api: Any, start_controller: Start, eventually: Eventually) -> None:
    api.claim("data")
    start_controller()

    eventually(lambda: "StorageClassFilledIn" in api.reasons("data"))
    assert api.objects[f"{CLAIMS}/data"]["spec"]["storageClassName"] == "ours"


def test_a_class_that_the_cluster_assigned_meanwhile_stays(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    def assign_first(method: str, path: str) -> None:
        if method == "PATCH" and path.startswith(CLAIMS) and "storageClassName" not in api.objects[path]["spec"]:
            claim = api.objects[path]
            api.put(path, {**claim, "spec": {**claim["spec"], "storageClassName": "standard"}})

    api.refuse = assign_first
    api.claim("data")
    process = start_controller()

    eventually(lambda: 'duty="cluster",kind="claim",verdict="again"} 1.0' in page(process, "/metrics")[1])
    eventually(lambda: 'duty="cluster",kind="claim",verdict="settled"} 1.0' in page(process, "/metrics")[1])
    assert api.objects[f"{CLAIMS}/data"]["spec"]["storageClassName"] == "standard"
    assert api.reasons("data") == []


def test_a_quota_that_refuses_the_class_is_told(api: Any, start_controller: Start, eventually: Eventually) -> None:
    api.refuse = lambda method, path: 403 if method == "PATCH" and path.startswith(CLAIMS) else None
    api.claim("data")
    start_controller()

    eventually(lambda: api.reasons("data") == ["StorageClassNotFilledIn"])
    assert "refused by the test" in api.events("data")[0][1]
    api.refuse = lambda _method, _path: None
    eventually(lambda: "storageClassName" in api.objects[f"{CLAIMS}/data"]["spec"])


def test_a_gate_comes_off_when_the_directory_is_there(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    seen_at_the_patch = []

    def look(method: str, path: str) -> None:
        if method == "PATCH" and path.startswith(PODS):
            seen_at_the_patch.append((exported["main"] / "a/b").is_dir())

    api.refuse = look
    start_controller()
    api.pod("web", "/nfs/data/a/b")

    eventually(lambda: api.gates("web") == [])
    assert seen_at_the_patch == [True]
    eventually(lambda: api.reasons("web") == ["GateLifted"])


def test_pods_created_while_we_were_away_are_served(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    for number in range(100):
        api.pod(f"web-{number}", f"/nfs/data/{number}/data")
    start_controller()

    eventually(lambda: not any(api.gates(f"web-{number}") for number in range(100)))
    assert all((exported["main"] / f"{number}/data").is_dir() for number in range(100))


def test_an_ungated_pod_that_is_scheduled_at_once_still_gets_its_directory(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    process = start_controller()
    eventually(lambda: "[+]lease-export-main ok: leading" in page(process, "/readyz")[1])
    with api.changed:
        api.pod("web", "/nfs/data/a", schedulingGates=[])
        api.pod("web", "/nfs/data/a", schedulingGates=[], nodeName="node-1")

    eventually((exported["main"] / "a").is_dir)


def test_a_pod_that_neither_we_nor_the_webhook_saw_in_time_still_gets_its_directory(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    api.pod("web", "/nfs/data/a", schedulingGates=[], nodeName="node-1")
    start_controller()

    eventually((exported["main"] / "a").is_dir)


def test_a_static_volume_gets_its_directory_before_its_claim_exists(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    start_controller()
    api.static_volume("static", "/nfs/data/static")

    eventually((exported["main"] / "static").is_dir)
    assert "mountOptions" not in api.objects[f"{VOLUMES}/static"]["spec"]


def test_a_static_volume_without_mount_options_gets_them_once_it_is_claimed(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.claim("static", volumeName="static")
    api.static_volume("static", "/nfs/data/static")
    start_controller()

    eventually(lambda: api.objects[f"{VOLUMES}/static"]["spec"].get("mountOptions") == ["hard", "noatime"])
    assert api.objects[f"{VOLUMES}/static"]["metadata"]["annotations"] == {"nfs-steward.io/filled": "spec.mountOptions"}


def test_a_namespace_that_is_opted_in_later_has_everything_in_it_served(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    api.put(f"{CORE}/namespaces/team-a", {})
    api.static_volume("static", "/nfs/data/static")
    api.claim("data")
    process = start_controller()
    eventually(lambda: "[+]lease-export-main ok: leading" in page(process, "/readyz")[1])
    assert not (exported["main"] / "static").exists()

    api.put(f"{CORE}/namespaces/team-a", {"metadata": {"labels": {"nfs-steward.io/inject": "enabled"}}})

    eventually((exported["main"] / "static").is_dir)
    eventually(lambda: "storageClassName" in api.objects[f"{CLAIMS}/data"]["spec"])


def test_a_class_that_comes_later_serves_the_claims_that_wait_for_it(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.claim("data", storageClassName="late")
    start_controller()
    eventually(lambda: api.reasons("data") == ["ProvisioningFailed"])

    api.put(f"{CLASSES}/late", {"provisioner": "nfs-steward.io/provisioner", "parameters": {"export": "main"}})

    eventually(lambda: f"{VOLUMES}/pvc-uid-of-data" in api.objects)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        pytest.param({"export": "main", "archiveFor": "720h"}, "archiveFor", id="unknown to us: the export's duty"),
        pytest.param({"export": "nowhere"}, "nowhere", id="no such export: the cluster's duty"),
        pytest.param({}, "several exports", id="no export named: the cluster's duty"),
    ],
)
def test_a_class_that_cannot_be_served_is_refused_once_and_by_name(
    api: Any, start_controller: Start, eventually: Eventually, parameters: dict[str, str], why: str
) -> None:
    api.put(f"{CLASSES}/odd", {"provisioner": "nfs-steward.io/provisioner", "parameters": parameters})
    api.claim("data", storageClassName="odd")
    start_controller()

    eventually(lambda: api.reasons("data") == ["ProvisioningFailed"])
    assert why in api.events("data")[0][1]


def test_a_claim_deleted_while_its_directory_is_made_gets_no_volume_and_what_is_left_is_named(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    def delete() -> None:
        api.remove(f"{CLAIMS}/data")

    api.claim("data", storageClassName="ours")
    start_controller(Seams(operations=lambda _real: Meanwhile(api, delete)))

    eventually(lambda: api.reasons("data") == ["DirectoryLeftBehind"])
    assert "/nfs/data/team-a-data-pvc-uid-of-data" in api.events("data")[0][1]
    assert f"{VOLUMES}/pvc-uid-of-data" not in api.objects


def test_a_claim_whose_deletion_is_noticed_late_has_a_volume_to_be_reclaimed(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    class Deleting(SystemCalls):
        def make_child(self, parent: int, name: str, mode: int) -> None:
            super().make_child(parent, name, mode)
            if name == "team-a-data-pvc-uid-of-data":
                api.late.add("persistentvolumeclaims")
                api.remove(f"{CLAIMS}/data")

    api.claim("data", storageClassName="ours")
    start_controller(Seams(operations=lambda _real: Deleting()))

    eventually(lambda: f"{VOLUMES}/pvc-uid-of-data" in api.objects)
    volume = api.objects[f"{VOLUMES}/pvc-uid-of-data"]
    api.put(f"{VOLUMES}/pvc-uid-of-data", {**volume, "status": {"phase": "Released"}})
    eventually(lambda: f"{VOLUMES}/pvc-uid-of-data" not in api.objects)
    assert not (exported["main"] / "team-a-data-pvc-uid-of-data").exists()


def test_a_start_with_everything_in_place_writes_nothing(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    api.claim("data", storageClassName="ours")
    api.claim("static", volumeName="static")
    api.static_volume("static", "/nfs/data/static")
    api.pod("web", "/nfs/data/web")
    first = start_controller()
    eventually(lambda: api.gates("web") == [] and f"{VOLUMES}/pvc-uid-of-data" in api.objects)
    eventually(
        lambda: "mountOptions" in api.objects[f"{VOLUMES}/static"]["spec"] and "GateLifted" in api.reasons("web")
    )
    first.stop()
    api.writes.clear()

    second = start_controller()

    settled = 'nfs_steward_objects_settled_total{duty="export-main",kind="volume",verdict="settled"} 1.0'
    eventually(lambda: settled in page(second, "/metrics")[1])
    eventually(lambda: 'nfs_steward_queued_objects{duty="export-main"} 0.0' in page(second, "/metrics")[1])
    assert api.writes == []


def test_a_hanging_export_holds_up_nothing_but_its_own_work(
    api: Any,
    start_controller: Start,
    exported: dict[str, Path],
    hanging_main: Seams,
    doors: Doors,
    eventually: Eventually,
) -> None:
    api.put(f"{CLASSES}/second", {"provisioner": "nfs-steward.io/provisioner", "parameters": {"export": "second"}})
    for number in range(20):
        api.pod(f"stuck-{number}", f"/nfs/data/{number}")
    process = start_controller(hanging_main, exports=exported)
    eventually(lambda: "ExportUnavailable" in api.reasons("stuck-0"))

    api.claim("healed")
    api.claim("served", storageClassName="second")

    eventually(lambda: api.objects[f"{CLAIMS}/healed"]["spec"].get("storageClassName") == "ours")
    eventually(lambda: f"{VOLUMES}/pvc-uid-of-served" in api.objects)
    assert "export main is hanging" in dict(api.events("stuck-0"))["ExportUnavailable"]
    status, ready = page(process, "/readyz")
    assert status == 200
    assert "[-]export-main failed: hanging" in ready
    assert "[+]export-second ok" in ready
    assert 'nfs_steward_export_state{export="main",state="hanging"} 1.0' in page(process, "/metrics")[1]
    assert all(api.gates(f"stuck-{number}") for number in range(20))

    doors.open.set()
    eventually(lambda: not any(api.gates(f"stuck-{number}") for number in range(20)))
    eventually(lambda: "[+]export-main ok" in page(process, "/readyz")[1])


def test_an_export_that_is_dead_from_the_start_is_told_and_served_when_it_comes(
    api: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    exported["main"].rmdir()
    api.pod("web", "/nfs/data/a")
    process = start_controller()

    eventually(lambda: api.reasons("web") == ["ExportUnavailable"])
    assert "unreachable (ENOENT" in api.events("web")[0][1]
    assert page(process, "/readyz")[0] == 200

    exported["main"].mkdir()
    eventually(lambda: api.gates("web") == [])


def test_a_pod_waits_no_longer_than_the_gates_time_out_even_without_its_exports_controller(
    api: Any, start_controller: Start, policy_file: Path, eventually: Eventually
) -> None:
    policy_file.write_text(f"{policy_file.read_text()}gateTimeout: 1s\n")
    api.pod("web", "/nfs/data/a")
    start_controller(exports={})

    eventually(lambda: api.gates("web") == [])
    eventually(lambda: api.reasons("web") == ["GateTimedOut"])


def test_a_policy_that_switches_the_gate_off_frees_the_pods_that_wait(
    api: Any, start_controller: Start, policy_file: Path, eventually: Eventually
) -> None:
    api.pod("web", "/nfs/data/a")
    process = start_controller(exports={})
    eventually(lambda: "[+]lease-cluster ok: leading" in page(process, "/readyz")[1])
    assert api.gates("web")

    policy_file.write_text(f"{policy_file.read_text()}schedulingGate: false\n")

    eventually(lambda: api.gates("web") == [])
    eventually(lambda: api.reasons("web") == ["GateOrphaned"])


def test_a_bad_policy_leaves_the_last_good_one_in_use_and_says_so(
    start_controller: Start, policy_file: Path, eventually: Eventually
) -> None:
    process = start_controller()
    policy_file.write_text("exports: 5\n")

    eventually(lambda: "[-]policy failed: the last good policy stays in use" in page(process, "/readyz")[1])
    assert page(process, "/readyz")[0] == 200


def test_the_second_of_two_controllers_stands_by_and_takes_over(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    first = start_controller()
    eventually(lambda: "[+]lease-cluster ok: leading" in page(first, "/readyz")[1])
    second = start_controller()
    eventually(lambda: "[+]lease-cluster ok: standing by" in page(second, "/readyz")[1])

    first.stop()
    api.claim("data")

    eventually(lambda: "storageClassName" in api.objects[f"{CLAIMS}/data"]["spec"])
    assert page(second, "/healthz")[0] == 200


def test_a_silent_api_makes_it_not_ready(api: Any, start_controller: Start, eventually: Eventually) -> None:
    api.refuse = lambda _method, _path: 503
    process = start_controller()

    status, ready = page(process, "/readyz")
    assert status == 503
    assert "[-]watches failed: not up to date with namespaces" in ready
    api.refuse = lambda _method, _path: None
    eventually(lambda: page(process, "/readyz")[0] == 200)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"cluster": False, "exports": {}}, "nothing to do", id="no duty"),
        pytest.param({"exports": {"nowhere": Path("/")}}, "no such export, it has main, second", id="unknown export"),
    ],
)
def test_options_that_make_no_sense_are_refused(start_controller: Start, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(OptionsInvalid, match=why):
        start_controller(**changes)
