import os
from pathlib import Path

import pytest

from testbed.pods.payload import File, PayloadFolder


@pytest.fixture
def folder(tmp_path: Path) -> PayloadFolder:
    return PayloadFolder(tmp_path / "volume")


def content(folder: PayloadFolder) -> dict[str, bytes]:
    """What somebody finds who lists the folder."""
    return {path.name: path.read_bytes() for path in folder.path.iterdir() if not path.name.startswith("..")}


def own(content: bytes, mode: int = 0o644) -> File:
    return File(content, mode, os.getuid(), os.getgid())


def test_files_are_there_with_their_modes(folder: PayloadFolder) -> None:
    folder.write({"key": own(b"secret", 0o600)})
    assert content(folder) == {"key": b"secret"}
    assert (folder.path / "key").stat().st_mode & 0o777 == 0o600


def test_files_change_together_and_those_that_are_gone_go(folder: PayloadFolder) -> None:
    folder.write({"a": own(b"1"), "b": own(b"1")})
    folder.write({"b": own(b"2"), "c": own(b"2")})
    assert content(folder) == {"b": b"2", "c": b"2"}


def test_whoever_has_the_folder_open_keeps_what_was_there(folder: PayloadFolder) -> None:
    folder.write({"a": own(b"1")})
    with (folder.path / "a").open("rb") as file:
        folder.write({"a": own(b"2")})
        assert file.read() == b"1"


def test_the_same_again_changes_nothing(folder: PayloadFolder) -> None:
    folder.write({"a": own(b"1")})
    before = (folder.path / "..data").readlink()
    folder.write({"a": own(b"1")})
    assert (folder.path / "..data").readlink() == before


def test_paths_with_folders_are_links_to_the_folder(folder: PayloadFolder) -> None:
    folder.write({"sub/a": own(b"1")})
    assert (folder.path / "sub").is_symlink()
    assert (folder.path / "sub" / "a").read_bytes() == b"1"
