"""What a check is, and how checks are put to what was observed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from controller.doctor.findings import Finding, Found, Level, Unseen
from controller.doctor.observed import Observed, Part

Look: TypeAlias = Callable[[Observed], Iterable[Finding]]

_WORST_FIRST: Final = tuple(Level)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong. Without all of the `needs` having been seen it says nothing, and is left out."""

    name: str
    find: Look
    needs: tuple[Part, ...] = ()

    def can_be_made(self, observed: Observed) -> bool:
        """Whether everything was seen that it needs."""
        return not any(part in observed.unseen for part in self.needs)


def findings_of(checks: Sequence[Check], observed: Observed) -> tuple[Found, ...]:
    """What is wrong, the worst first."""
    found = [
        Found(check.name, finding)
        for check in checks
        if check.can_be_made(observed)
        for finding in check.find(observed)
    ]
    return tuple(sorted(found, key=lambda each: _WORST_FIRST.index(each.finding.level)))


def left_out(checks: Sequence[Check], observed: Observed) -> tuple[Unseen, ...]:
    """What was not seen of the cluster, and which checks that cost; what has the same reason is told together."""
    by_reason: dict[str, list[Part]] = {}
    for part, why in observed.unseen.items():
        by_reason.setdefault(why, []).append(part)
    return tuple(
        Unseen(", ".join(parts), why, tuple(check.name for check in checks if not set(parts).isdisjoint(check.needs)))
        for why, parts in by_reason.items()
    )
