"""Clocks that differ."""

from collections.abc import Iterator
from typing import Final

from controller.doctor.findings import Finding, Level
from controller.doctor.observed import ClockSeen, Observed
from controller.doctor.wording import lasting

_TOLERATED_SECONDS: Final = 30.0
"""Far more than the second to which a Date header is exact, and than answers take."""


def api_clock(observed: Observed) -> Iterator[Finding]:
    """The API server's clock and this machine's differ."""
    clock = observed.api_clock
    if clock and _differs(clock):
        yield _finding(
            "API server",
            clock,
            "Certificates are judged by clocks: one that was just issued may not be valid yet, one that is valid here "
            "may be over there.",
        )


def export_clock(observed: Observed) -> Iterator[Finding]:
    """The clock of an export's server and this machine's differ."""
    for export in observed.exports:
        if export.clock and _differs(export.clock):
            yield _finding(
                str(export),
                export.clock,
                "Times of files are the server's: archives are kept for longer or shorter than was meant, and tools "
                "such as make and rsync are misled.",
            )


def _differs(clock: ClockSeen) -> bool:
    return abs(clock.ahead) > _TOLERATED_SECONDS


def _finding(where: str, clock: ClockSeen, why: str) -> Finding:
    direction = "ahead of" if clock.ahead > 0 else "behind"
    return Finding(
        Level.WARNING,
        where,
        f"Its clock is {lasting(abs(clock.ahead))} {direction} this machine's.",
        why,
        "Have both follow a time server: timedatectl status, chronyc tracking.",
    )
