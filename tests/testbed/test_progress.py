import io

import pytest

from testbed.progress import Progress


def test_a_step_says_what_is_done_and_why_it_takes_long_and_then_how_long_it_took() -> None:
    screen = io.StringIO()
    with Progress(screen).step("building", "ten minutes, once") as report:
        report("3 of 9")
    first, second = screen.getvalue().splitlines()
    assert first == "building (ten minutes, once) ..."
    assert second.startswith("building: 0.")


def test_on_a_terminal_the_step_is_shown_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    screen = io.StringIO()
    with Progress(screen).step("building") as report:
        report("3 of 9")
    assert "building" in screen.getvalue()


def test_brackets_in_what_is_said_are_not_taken_for_markup() -> None:
    screen = io.StringIO()
    Progress(screen).say("status [red] and [/]")
    assert screen.getvalue() == "status [red] and [/]\n"
