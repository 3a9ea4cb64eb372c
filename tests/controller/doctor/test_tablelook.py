"""Export tables of this machine are read, with the folders they name."""

from pathlib import Path

import pytest

from controller.doctor import tablelook
from controller.doctor.tablelook import TableUnreadable, look_at_tables


def test_a_table_is_read_with_the_folders_that_are_here(tmp_path: Path) -> None:
    table = tmp_path / "exports"
    table.write_text(f"{tmp_path} host(rw)\n/no/such/folder host(rw)\n")
    tmp_path.chmod(0o777)
    (seen,) = look_at_tables(table)
    assert (seen.source, len(seen.lines)) == (str(table), 2)
    assert {path: folder.state.mode for path, folder in seen.folders.items()} == {str(tmp_path): 0o777}


def test_a_table_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(TableUnreadable, match="No such file"):
        look_at_tables(tmp_path / "gone")


def test_a_table_need_not_be_text(tmp_path: Path) -> None:
    (tmp_path / "exports").write_bytes(b"/a\xff host(rw)\n\x00\n")
    (seen,) = look_at_tables(tmp_path / "exports")
    assert len(seen.lines) == 2


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine's /etc."""
    monkeypatch.setattr(tablelook, "DEFAULT_TABLE", tmp_path / "exports")
    monkeypatch.setattr(tablelook, "_MORE_TABLES", tmp_path / "exports.d")
    (tmp_path / "exports.d").mkdir()
    return tmp_path


def test_a_machine_that_exports_nothing_has_no_table(etc: Path) -> None:
    assert look_at_tables(None) == ()


def test_more_tables_count_where_their_names_say_so(etc: Path) -> None:
    for name in ("exports", "exports.d/b.exports", "exports.d/a.exports", "exports.d/.c.exports", "exports.d/d.conf"):
        (etc / name).write_text("/a host(rw)\n")
    sources = [Path(seen.source).name for seen in look_at_tables(None)]
    assert sources == ["exports", "a.exports", "b.exports"]
