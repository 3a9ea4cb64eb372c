"""A controller keeps house on its export as soon as it leads."""

import urllib.request
from collections.abc import Callable
from pathlib import Path

from controller.process import ControllerProcess
from tests.waiting import eventually


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
