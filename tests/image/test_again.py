"""Building the image a second time, with everything of ours built anew."""

import shutil
from pathlib import Path

import pytest

from testbed.image.context import CHECKOUT, context_files
from testbed.image.image import BuiltImage, obtain_image
from testbed.progress import Progress


@pytest.fixture(scope="module")
def again(image: BuiltImage, tmp_path_factory: pytest.TempPathFactory) -> BuiltImage:
    """The image of a checkout that differs in what changes no file: all steps from the lock file on are done again."""
    checkout = tmp_path_factory.mktemp("checkout")
    for path in context_files(CHECKOUT):
        copy = checkout / path.relative_to(CHECKOUT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    with (checkout / "requirements.lock").open("a") as lock:
        lock.write(f"# again: {tmp_path_factory.getbasetemp()}\n")
    return obtain_image(Progress(), checkout=checkout)


def listing(image: BuiltImage) -> list[tuple[str, int, int, int]]:
    """Every path of an image with its mode and its owners."""
    paths = sorted(image.root.rglob("*"))
    return [(str(path.relative_to(image.root)), *_facts(path)) for path in paths]


def _facts(path: Path) -> tuple[int, int, int]:
    found = path.lstat()
    return found.st_mode, found.st_uid, found.st_gid


def test_building_twice_gives_the_same_files(image: BuiltImage, again: BuiltImage) -> None:
    assert again.root != image.root
    assert listing(again) == listing(image)


def test_building_twice_gives_the_same_bytecode(image: BuiltImage, again: BuiltImage) -> None:
    compiled = [path for path in (image.root / "opt").rglob("*.pyc") if path.is_file()]
    assert compiled
    assert [path for path in compiled if path.read_bytes() != _in(again, image, path).read_bytes()] == []


def _in(other: BuiltImage, image: BuiltImage, path: Path) -> Path:
    return other.root / path.relative_to(image.root)
