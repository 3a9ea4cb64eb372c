"""Claims of classes that name several exports: whole controllers against an API server on loopback."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.export.operations import SystemCalls
from controller.options import Seams
from controller.process import ControllerProcess

from .meanwhile import Meanwhile

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]

CORE = "/api/v1"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/nfs-steward/leases"
CLAIMS = f"{CORE}/namespaces/team-a/persistentvolumeclaims"
VOLUME = f"{CORE}/persistentvolumes/pvc-uid-of-data"
CHOSEN = "nfs-steward.io/export"
PATHS = {"main": "/nfs/data", "second": "/srv"}


class Space(SystemCalls):
    """Exports with as much free space as a test says, by the names of their folders."""

    def __init__(self) -> None:
        self.free = {"main": 1, "second": 2}
        self._roots: dict[int, str] = {}

    def open_root(self, root: Path) -> int:
        opened = super().open_root(root)
        self._roots[opened] = root.name
        return opened

    def space(self, directory: int) -> Any:
        return _Space(self.free[self._roots[directory]])


class _Space:
    f_flag = 0
    f_blocks = f_files = f_favail = 10**6
    f_frsize = 4096

    def __init__(self, free: int) -> None:
        self.f_bavail = free


@pytest.fixture
def space() -> Space:
    return Space()


@pytest.fixture
def spread(api: Any) -> Any:
    """A class that names both exports."""
    parameters = {"export": "main, second", "onDelete": "retain"}
    api.put(f"{CLASSES}/spread", {"provisioner": "nfs-steward.io/provisioner", "parameters": parameters})
    return api


@pytest.fixture
def start_all(
    spread: Any, start_controller: Start, exported: dict[str, Path], space: Space, eventually: Eventually
) -> Callable[[], None]:
    """Starts the duties of both exports and, once both have said how they are, the cluster's, each in a controller of
    its own: nobody is left out for being slow.
    """

    def start() -> None:
        seams = Seams(operations=lambda _real: space)
        for name, folder in exported.items():
            start_controller(seams, cluster=False, exports={name: folder})
        eventually(lambda: all(says_how_it_is(spread, name) for name in exported))
        start_controller(exports={})

    return start


def says_how_it_is(api: Any, export: str) -> bool:
    lease = api.objects.get(f"{LEASES}/nfs-steward-export-{export}", {"metadata": {}})
    return bool(lease["metadata"].get("annotations", {}).get("nfs-steward.io/free-bytes"))


def chosen(api: Any) -> str:
    found: str = api.objects[f"{CLAIMS}/data"]["metadata"]["annotations"].get(CHOSEN, "")
    return found


@pytest.mark.parametrize(
    ("free", "export"),
    [
        pytest.param({"main": 1, "second": 2}, "second", id="the second"),
        pytest.param({"main": 9, "second": 2}, "main", id="the first"),
        pytest.param({"main": 0, "second": 1}, "second", id="not the one that is full"),
    ],
)
def test_a_claim_gets_its_volume_on_the_export_with_the_most_free_space(
    spread: Any, space: Space, start_all: Any, eventually: Eventually, free: Any, export: str
) -> None:
    space.free = free
    start_all()
    spread.claim("data", storageClassName="spread")

    eventually(lambda: VOLUME in spread.objects)
    assert chosen(spread) == export
    assert spread.objects[VOLUME]["spec"]["nfs"]["path"].startswith(PATHS[export])


def test_an_export_without_a_controller_is_left_out(
    spread: Any, space: Space, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    start_controller(Seams(lambda _real: space), exports={"main": exported["main"]})
    spread.claim("data", storageClassName="spread")

    eventually(lambda: VOLUME in spread.objects)
    assert chosen(spread) == "main"


def test_a_claim_waits_until_an_export_is_well(
    spread: Any, space: Space, start_all: Any, eventually: Eventually
) -> None:
    space.free = {"main": 0, "second": 0}
    start_all()
    spread.claim("data", storageClassName="spread")
    eventually(lambda: "main is full; second is full" in dict(spread.events("data")).get("NoExportAvailable", ""))

    space.free["second"] = 5
    eventually(lambda: VOLUME in spread.objects)
    assert chosen(spread) == "second"


@pytest.mark.parametrize("edited", ["nowhere", "third", "../main", ""])
def test_a_choice_that_somebody_wrote_gets_nothing_that_the_class_does_not_name(
    spread: Any, start_all: Any, policy_file: Path, exported: dict[str, Path], eventually: Eventually, edited: str
) -> None:
    third = "- {name: third, server: 10.0.0.7, path: /third}\nprofiles:"
    policy_file.write_text(policy_file.read_text().replace("profiles:", third))
    spread.claim("data", storageClassName="spread")
    spread.objects[f"{CLAIMS}/data"]["metadata"]["annotations"][CHOSEN] = edited
    start_all()

    eventually(lambda: VOLUME in spread.objects)
    assert chosen(spread) == "second"


def test_a_claim_that_waits_for_its_first_consumer_is_not_chosen_for_before(
    spread: Any, start_all: Any, eventually: Eventually
) -> None:
    late = {"volumeBindingMode": "WaitForFirstConsumer", **spread.objects[f"{CLASSES}/spread"]}
    spread.put(f"{CLASSES}/spread", late)
    spread.claim("data", storageClassName="spread")
    spread.claim("classless")
    start_all()
    eventually(lambda: "StorageClassFilledIn" in spread.reasons("classless"))
    assert chosen(spread) == ""

    claim = spread.objects[f"{CLAIMS}/data"]
    marks = {**claim["metadata"]["annotations"], "volume.kubernetes.io/selected-node": "node-1"}
    spread.put(f"{CLAIMS}/data", {**claim, "metadata": {**claim["metadata"], "annotations": marks}})
    eventually(lambda: VOLUME in spread.objects)


def test_an_export_that_is_not_chosen_any_more_makes_no_volume_and_names_what_it_made(
    spread: Any, start_controller: Start, exported: dict[str, Path], eventually: Eventually
) -> None:
    def choose_another() -> None:
        claim = spread.objects[f"{CLAIMS}/data"]
        marks = {**claim["metadata"]["annotations"], CHOSEN: "second"}
        spread.put(f"{CLAIMS}/data", {**claim, "metadata": {**claim["metadata"], "annotations": marks}})

    spread.claim("data", storageClassName="spread")
    spread.objects[f"{CLAIMS}/data"]["metadata"]["annotations"][CHOSEN] = "main"
    start_controller(
        Seams(lambda _real: Meanwhile(spread, choose_another)), cluster=False, exports={"main": exported["main"]}
    )

    eventually(lambda: "DirectoryLeftBehind" in spread.reasons("data"))
    assert "another export's" in dict(spread.events("data"))["DirectoryLeftBehind"]
    assert VOLUME not in spread.objects


def test_a_claim_that_copies_another_s_data_is_made_where_that_lies(
    spread: Any, space: Space, exported: dict[str, Path], start_all: Callable[[], None], eventually: Eventually
) -> None:
    space.free = {"main": 1, "second": 2}
    (exported["main"] / "source").mkdir()
    (exported["main"] / "source" / "file").write_text("data")
    source = {"kind": "PersistentVolumeClaim", "name": "source"}
    spread.claim("data", storageClassName="spread", dataSource=source, dataSourceRef=source)
    start_all()
    eventually(lambda: "ProvisioningFailed" in spread.reasons("data"))
    assert "is not bound to a volume of nfs-steward (yet)" in dict(spread.events("data"))["ProvisioningFailed"]
    assert chosen(spread) == ""

    size = {"capacity": {"storage": "1Gi"}}
    spec = {"nfs": {"server": "10.0.0.5", "path": "/nfs/data/source"}, "mountOptions": ["hard"], **size}
    spec["claimRef"] = {"namespace": "team-a", "name": "source", "uid": "uid-of-source"}
    marks = {"annotations": {"pv.kubernetes.io/provisioned-by": "nfs-steward.io/provisioner"}}
    volume = {"metadata": marks, "spec": spec, "status": {"phase": "Bound"}}
    spread.put(f"{CORE}/persistentvolumes/pvc-uid-of-source", volume)
    spread.claim("source", storageClassName="spread", volumeName="pvc-uid-of-source")
    spread.put(f"{CLAIMS}/source", {**spread.objects[f"{CLAIMS}/source"], "status": {"phase": "Bound", **size}})

    eventually(lambda: VOLUME in spread.objects)
    assert chosen(spread) == "main"
    (copy,) = exported["main"].glob("team-a-data-*")
    assert (copy / "file").read_text() == "data"
