import os
import stat
from pathlib import Path

import pytest

from certs.errors import FilesUnreadable
from certs.files import ServingFiles, present_files, read_files, write_files

FILES = ServingFiles(b"authorities", b"certificate", b"key")


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_what_was_written_is_read_again(tmp_path):
    write_files(tmp_path, FILES)
    assert read_files(tmp_path) == FILES


def test_nothing_but_the_three_files_is_left_in_a_directory_made_for_them(tmp_path):
    directory = tmp_path / "new" / "tls"
    write_files(directory, FILES)
    assert names_in(directory) == ["ca.crt", "tls.crt", "tls.key"]


def test_the_key_is_for_its_owner_alone_and_the_rest_for_all_whatever_the_umask(tmp_path):
    old = os.umask(0o077)
    try:
        write_files(tmp_path, FILES)
    finally:
        os.umask(old)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in present_files(tmp_path)}
    assert modes == {"ca.crt": 0o644, "tls.crt": 0o644, "tls.key": 0o600}


def test_a_reader_that_has_a_file_open_keeps_what_it_opened(tmp_path):
    write_files(tmp_path, FILES)
    with (tmp_path / "tls.crt").open("rb") as held:
        write_files(tmp_path, ServingFiles(b"2", b"2", b"2"))
        assert held.read() == b"certificate"


def test_a_write_that_fails_midway_leaves_the_old_files_as_they_were(tmp_path):
    write_files(tmp_path, FILES)
    (tmp_path / "tls.key").unlink()
    (tmp_path / "tls.key").mkdir()  # nothing can be renamed onto a directory
    with pytest.raises(FilesUnreadable, match="cannot write the certificates"):
        write_files(tmp_path, ServingFiles(b"2", b"2", b"2"))
    assert (tmp_path / "tls.crt").read_bytes() == b"certificate"
    assert names_in(tmp_path) == ["ca.crt", "tls.crt", "tls.key"]


def test_a_symbolic_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    directory = tmp_path / "tls"
    directory.mkdir()
    (directory / "tls.key").symlink_to(elsewhere)
    write_files(directory, FILES)
    assert elsewhere.read_bytes() == b"precious"
    assert (directory / "tls.key").read_bytes() == b"key"


@pytest.mark.parametrize("missing", ["ca.crt", "tls.crt", "tls.key"])
def test_a_missing_file_is_named(tmp_path, missing):
    write_files(tmp_path, FILES)
    (tmp_path / missing).unlink()
    with pytest.raises(FilesUnreadable, match=f"{missing}: No such file"):
        read_files(tmp_path)


def test_a_file_too_large_for_a_certificate_is_not_read_into_memory(tmp_path):
    write_files(tmp_path, FILES)
    os.truncate(tmp_path / "tls.crt", 1 << 40)  # sparse: takes no room
    with pytest.raises(FilesUnreadable, match="larger than"):
        read_files(tmp_path)


def test_files_that_are_present_are_named_dangling_links_among_them(tmp_path):
    (tmp_path / "tls.key").symlink_to("nowhere")
    (tmp_path / "ca.crt").touch()
    assert present_files(tmp_path) == ("ca.crt", "tls.key")
    assert present_files(tmp_path / "missing") == ()
