"""Claims that are filled by a copy, by whole controllers: which may die between any two effects on the API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.options import Seams
from controller.process import ControllerProcess
from policy import keys
from tests.lives import Life, MortalApi

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]

TEAM = "/api/v1/namespaces/team-a/persistentvolumeclaims"
VOLUME = "/api/v1/persistentvolumes/pvc-uid-of-clone"
PLACE = "team-a-clone-pvc-uid-of-clone"


@pytest.fixture
def source(api: Any, exported: dict[str, Path]) -> Path:
    """The directory of a bound claim, with some data."""
    folder = exported["main"] / "source"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "file").write_text("data")
    (folder / "link").symlink_to("/etc")
    size = {"capacity": {"storage": "1Gi"}}
    api.claim("source", storageClassName="ours", volumeName="pvc-uid-of-source")
    claim = api.objects[f"{TEAM}/source"]
    api.put(f"{TEAM}/source", {**claim, "status": {"phase": "Bound", **size}})
    ref = {"namespace": "team-a", "name": "source", "uid": "uid-of-source"}
    spec = {
        "claimRef": ref,
        "nfs": {"server": "10.0.0.5", "path": "/nfs/data/source"},
        "mountOptions": ["hard"],
        **size,
    }
    marks = {"annotations": {keys.PROVISIONED_BY: keys.PROVISIONER}}
    api.put(
        "/api/v1/persistentvolumes/pvc-uid-of-source", {"metadata": marks, "spec": spec, "status": {"phase": "Bound"}}
    )
    return folder


def ask_for_a_clone(api: Any, **source: str) -> None:
    wanted = {"kind": "PersistentVolumeClaim", "name": "source", **source}
    api.claim("clone", storageClassName="ours", dataSource=wanted, dataSourceRef=wanted)


def is_whole(place: Path) -> bool:
    return (place / "sub" / "file").read_text() == "data" and (place / "link").readlink() == Path("/etc")


def test_a_claim_is_filled_with_a_copy_and_then_gets_its_volume(
    api: Any, source: Path, exported: dict[str, Path], start_controller: Start, eventually: Eventually
) -> None:
    ask_for_a_clone(api)
    start_controller()
    eventually(lambda: VOLUME in api.objects)
    assert is_whole(exported["main"] / PLACE)
    assert api.objects[VOLUME]["spec"]["nfs"]["path"] == f"/nfs/data/{PLACE}"
    eventually(lambda: api.reasons("clone") == ["CopyUnderway", "DataCopied", "ProvisioningSucceeded"])


def test_a_source_that_comes_later_is_waited_for(
    api: Any, exported: dict[str, Path], start_controller: Start, eventually: Eventually
) -> None:
    ask_for_a_clone(api)
    start_controller()
    eventually(lambda: "ProvisioningFailed" in api.reasons("clone"))
    assert "does not exist (yet)" in dict(api.events("clone"))["ProvisioningFailed"]
    assert not (exported["main"] / PLACE).exists()
    assert VOLUME not in api.objects


def test_a_source_in_another_namespace_is_refused_where_the_api_knows_no_grants(
    api: Any, source: Path, exported: dict[str, Path], start_controller: Start, eventually: Eventually
) -> None:
    ask_for_a_clone(api, namespace="others")
    start_controller()
    eventually(lambda: "ProvisioningFailed" in api.reasons("clone"))
    assert "no ReferenceGrant there" in dict(api.events("clone"))["ProvisioningFailed"]
    assert not (exported["main"] / PLACE).exists()


@pytest.mark.parametrize("effects", range(4))
def test_dying_after_any_effect_leads_to_one_copy_and_one_volume(
    api: Any,
    source: Path,
    exported: dict[str, Path],
    start_controller: Start,
    eventually: Eventually,
    effects: int,
) -> None:
    ask_for_a_clone(api)
    life = Life(effects)
    first = start_controller(Seams(api=lambda real: MortalApi(real, life)))
    eventually(lambda: life.attempted)
    first.stop()

    start_controller()

    eventually(lambda: VOLUME in api.objects)
    assert is_whole(exported["main"] / PLACE)
    made = [write.path for write in api.writes if write.method == "POST" and write.path.endswith("persistentvolumes")]
    assert len(made) == 1
    assert sorted(path.name for path in exported["main"].iterdir()) == [".nfs-steward", "source", PLACE]
