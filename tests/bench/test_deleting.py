from pathlib import Path

from bench.deleting import compare


def test_both_delete_all_of_it_and_the_row_says_how_fast(tmp_path: Path) -> None:
    row = compare(tmp_path / "export", files=1500, rounds=1)

    assert row.name == "deleting 1,500 files, beside rm -rf"
    assert row.ours
    assert row.peer
    assert row.bar is not None
    assert list((tmp_path / "export").iterdir()) == [tmp_path / "export" / ".nfs-steward"]
    assert list((tmp_path / "export" / ".nfs-steward" / "doomed").iterdir()) == []
