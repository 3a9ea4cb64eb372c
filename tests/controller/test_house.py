"""A controller keeps house on its export as soon as it leads."""

import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.process import ControllerProcess
from policy import keys
from tests.settled import settled
from tests.waiting import eventually

from .conftest import VOLUMES, ApiServer


def test_a_controller_goes_on_with_removals_that_another_began_and_tells_of_archives_that_nobody_can_read(
    start_controller: Callable[..., ControllerProcess], exported: dict[str, Path]
) -> None:
    area = exported["main"] / ".nfs-steward"
    (area / "doomed" / "some-uid" / "half").mkdir(parents=True)
    (area / "doomed" / "some-uid" / "half" / "file").touch()
    (area / "archives" / "damaged" / "data").mkdir(parents=True)
    (area / "aside" / "undecided").mkdir(parents=True)
    area.chmod(0o700)

    process = start_controller()

    def metrics() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{process.health_port}/metrics") as page:
            return str(page.read(), "utf-8")

    eventually(lambda: list((area / "doomed").iterdir()) == [])
    eventually(lambda: 'nfs_steward_archives_unreadable{export="main"} 1.0' in metrics())
    assert (area / "archives" / "damaged" / "data").is_dir()
    assert (area / "aside" / "undecided").is_dir()


@pytest.fixture
def aside(exported: dict[str, Path]) -> Path:
    """Data that somebody set aside for the volume `data`."""
    folder = exported["main"] / ".nfs-steward" / "aside" / "uid-of-data"
    (folder / "deep").mkdir(parents=True)
    (exported["main"] / ".nfs-steward").chmod(0o700)
    return folder


def put_volume(api: ApiServer, phase: str, **metadata: Any) -> None:
    """Put a volume of ours, which is retained where it comes to its end."""
    marks = {keys.PROVISIONED_BY: keys.PROVISIONER, keys.ON_DELETE: "retain"}
    spec = {
        "claimRef": {"namespace": "team-a", "name": "data", "uid": "claim"},
        "mountOptions": ["hard"],
        "nfs": {"server": "10.0.0.5", "path": "/nfs/data/place"},
        "persistentVolumeReclaimPolicy": "Retain",
    }
    api.put(
        f"{VOLUMES}/data", {"metadata": {"annotations": marks, **metadata}, "spec": spec, "status": {"phase": phase}}
    )


def test_what_lies_aside_for_a_volume_in_use_is_put_back(
    api: ApiServer, aside: Path, start_controller: Callable[..., ControllerProcess], exported: dict[str, Path]
) -> None:
    put_volume(api, "Bound")

    start_controller()

    eventually((exported["main"] / "place" / "deep").is_dir)
    eventually(lambda: "DataPutBack" in api.reasons("data"))
    assert not aside.exists()


def test_what_lies_aside_stays_there_where_its_place_is_taken_even_by_an_empty_directory(
    api: ApiServer, aside: Path, start_controller: Callable[..., ControllerProcess], exported: dict[str, Path]
) -> None:
    put_volume(api, "Bound")
    (exported["main"] / "place").mkdir()

    start_controller()

    eventually(lambda: "DataAside" in api.reasons("data"))
    assert list((exported["main"] / "place").iterdir()) == []
    assert (aside / "deep").is_dir()


@pytest.mark.parametrize(
    ("phase", "metadata"),
    [
        pytest.param("Released", {}, id="at its end"),
        pytest.param("Available", {}, id="not bound"),
        pytest.param("Bound", {"uid": "another"}, id="another of its name"),
    ],
)
def test_what_lies_aside_for_a_volume_that_is_not_in_use_is_left_there(
    api: ApiServer,
    aside: Path,
    start_controller: Callable[..., ControllerProcess],
    phase: str,
    metadata: dict[str, str],
) -> None:
    put_volume(api, phase, **metadata)

    process = start_controller()

    eventually(lambda: settled(process, "export-main", "house"))
    assert (aside / "deep").is_dir()
