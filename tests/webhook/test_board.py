"""The board on which workers tell how they are: the worst of them counts."""

import os
from pathlib import Path

import pytest

from runtime.health import Report
from webhook.board import STALE_SECONDS, Board, Entry, shared_board, summary

NOW = 1000.0


def entry(pid: int, age: float = 0.5, *, healthy: bool = True) -> Entry:
    return Entry(pid, NOW - age, healthy, f"[+]all of {pid}\n")


@pytest.mark.parametrize(
    ("entries", "healthy", "told"),
    [
        pytest.param([entry(1), entry(2)], True, "2 of 2 workers", id="all are well"),
        pytest.param([entry(1)], False, "1 of 2 workers", id="one is missing"),
        pytest.param([], False, "0 of 2 workers", id="none has reported"),
        pytest.param([entry(1), entry(2, healthy=False)], False, "[+]all of 2", id="one is not ready"),
        pytest.param([entry(1), entry(2, STALE_SECONDS + 1)], False, "worker 2 hangs", id="one hangs"),
        pytest.param([entry(1), entry(2), entry(3)], True, "3 of 2 workers", id="one more than there should be"),
    ],
)
def test_all_workers_are_one(entries: list[Entry], healthy: bool, told: str) -> None:
    report = summary(entries, 2, NOW)
    assert report.healthy is healthy
    assert told in report.text


def test_what_is_written_is_read(tmp_path: Path) -> None:
    board = Board(tmp_path, 1)
    assert not board.report().healthy
    board.write(Report(True, "fine\n"))
    assert board.report().healthy
    board.write(Report(False, "not fine\n"))
    report = board.report()
    assert not report.healthy
    assert "not fine" in report.text


def test_a_worker_that_ended_is_forgotten(tmp_path: Path) -> None:
    board = Board(tmp_path, 1)
    board.write(Report(True, ""))
    board.remove(os.getpid())
    board.remove(os.getpid())
    assert not board.report().healthy


def test_the_board_is_wiped_at_the_end() -> None:
    with shared_board(1) as board:
        board.write(Report(True, ""))
        assert board.directory.is_dir()
    assert not board.directory.exists()


def test_only_the_process_that_made_it_wipes_the_board() -> None:
    with shared_board(1) as board:
        child = os.fork()
        if child == 0:
            try:
                with shared_board(1):
                    pass
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert board.directory.is_dir()
