from pathlib import Path

import pytest

from bench import measuring


@pytest.fixture(autouse=True)
def caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Instead of the kernel's own, which everybody on this machine needs."""
    place = tmp_path / "drop_caches"
    place.touch()
    monkeypatch.setattr(measuring, "_DROP_CACHES", place)
    return place


def test_both_find_all_files_warm_and_cold_and_the_second_pass_is_held_against_the_first(
    tmp_path: Path, caches: Path
) -> None:
    rows = list(measuring.compare(tmp_path / "export", files=300, claims=3, rounds=1))

    assert [row.name for row in rows] == [
        "measuring 300 files, warm, beside du -s",
        "measuring 300 files, cold, beside du -s",
        "measuring 300 files again, beside the first time",
    ]
    assert all(row.ours and row.peer and row.bar for row in rows)
    assert caches.read_text() == "3"


def test_memory_is_that_of_a_process_that_has_walked(tmp_path: Path) -> None:
    row = measuring.memory(tmp_path / "export", files=300)

    assert row.ours is not None
    assert row.met
    assert "MiB with 300" in row.notes
