"""Claims that are filled by a copy, by whole controllers: which may die between any two effects on the API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.export import export
from controller.export.copying.calls import CopyCalls
from controller.options import Seams
from controller.process import ControllerProcess
from policy import keys
from tests.authorship import written
from tests.controller.export.copies import READING
from tests.lives import Life, MortalApi, MortalCalls, WritingApi

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
    assert "this cluster has no ReferenceGrants" in dict(api.events("clone"))["ProvisioningFailed"]
    assert not (exported["main"] / PLACE).exists()


@pytest.mark.parametrize("field", ["dataSource", "dataSourceRef"])
def test_a_data_source_that_the_api_server_has_dropped_is_refused_and_makes_no_empty_volume(
    api: Any, exported: dict[str, Path], start_controller: Start, eventually: Eventually, field: str
) -> None:
    api.claim("clone", storageClassName="ours")
    claim = api.objects[f"{TEAM}/clone"]
    api.put(f"{TEAM}/clone", {**claim, "metadata": {**claim["metadata"], "managedFields": [written(f"spec.{field}")]}})

    start_controller()

    eventually(lambda: api.reasons("clone"))
    assert api.reasons("clone") == ["ProvisioningFailed"]
    assert f"has dropped the {field} that its author wrote" in dict(api.events("clone"))["ProvisioningFailed"]
    assert not (exported["main"] / PLACE).exists()
    assert VOLUME not in api.objects


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


CHANGES = 28
"""Of the export and the API, one after the other: as many as a copy takes, and more."""


@pytest.fixture
def start_mortal(start_controller: Start, monkeypatch: pytest.MonkeyPatch) -> Callable[[Life], ControllerProcess]:
    """Starts a controller that dies with any change, also with those that are made while it copies."""

    def changes(name: str) -> bool:
        return name not in READING

    def start(life: Life) -> ControllerProcess:
        seams = Seams(lambda real: MortalCalls(real, life, changes), lambda real: WritingApi(real, life))
        with monkeypatch.context() as patched:
            patched.setattr(export, "CopyCalls", lambda: MortalCalls(CopyCalls(), life, changes))
            return start_controller(seams)

    return start


def left(root: Path) -> dict[str, list[str]]:
    """What there is on the export beside source and copy; but for the numbers in the record that a copy is complete."""
    area = root / ".nfs-steward"
    made = area / "copies" / "uid-of-clone"
    return {
        "places": sorted(each.name for each in root.iterdir()),
        "copies": [each.name.partition("-")[0] for each in made.iterdir()],
        "doomed": [each.name for each in (area / "doomed").iterdir()] if (area / "doomed").exists() else [],
    }


TIDY = {"places": [".nfs-steward", "source", PLACE], "copies": ["complete"], "doomed": []}


@pytest.mark.usefixtures("source")
def test_an_uninterrupted_life_has_no_more_changes_than_the_interrupted_ones_are_cut_at(
    api: Any,
    exported: dict[str, Path],
    start_mortal: Callable[[Life], ControllerProcess],
    eventually: Eventually,
) -> None:
    ask_for_a_clone(api)
    life = Life(CHANGES)
    start_mortal(life)

    eventually(lambda: VOLUME in api.objects)
    assert not life.attempted
    assert life.done > CHANGES - 10
    assert left(exported["main"]) == TIDY


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("changes", range(CHANGES))
def test_dying_with_any_change_on_the_export_or_the_api_leads_to_the_same_end(
    api: Any,
    exported: dict[str, Path],
    start_mortal: Callable[[Life], ControllerProcess],
    start_controller: Start,
    eventually: Eventually,
    changes: int,
) -> None:
    ask_for_a_clone(api)
    life = Life(changes)
    first = start_mortal(life)
    eventually(lambda: life.attempted or VOLUME in api.objects)
    first.stop()

    second = start_controller()
    eventually(lambda: VOLUME in api.objects)
    if left(exported["main"]) != TIDY:
        second.stop()
        start_controller()  # keeps house
    eventually(lambda: left(exported["main"]) == TIDY)
    assert is_whole(exported["main"] / PLACE)
    assert is_whole(exported["main"] / "source")
    made = [write.path for write in api.writes if write.method == "POST" and write.path.endswith("persistentvolumes")]
    assert len(made) == 1
