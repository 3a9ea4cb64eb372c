"""Clocks that differ."""

from datetime import timedelta

import pytest

from controller.doctor.observed import ClockSeen, Observed
from tests.controller.doctor.objects import NOW, export, says, seen, told


def ahead(seconds: float) -> ClockSeen:
    return ClockSeen(NOW + timedelta(seconds=seconds), NOW)


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("api-clock", seen(api_clock=ahead(2)), [], id="the same, but for how long an answer takes"),
        pytest.param("api-clock", seen(api_clock=ahead(300)), ["5 min ahead of this machine's"], id="ahead"),
        pytest.param("api-clock", seen(api_clock=ahead(-40)), ["40 s behind"], id="behind"),
        pytest.param("export-clock", seen(exports=(export(clock=ahead(-1)),)), [], id="the same on an export"),
        pytest.param("export-clock", seen(exports=(export(),)), [], id="nothing made on it"),
        pytest.param(
            "export-clock",
            seen(exports=(export(clock=ahead(7200)),)),
            ["export main (/mnt): Its clock is 2 h ahead"],
            id="not",
        ),
    ],
)
def test_clocks(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
