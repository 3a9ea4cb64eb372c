"""The sizes that hold for a namespace's claims, where labels and profile contradict each other."""

from collections.abc import Mapping
from dataclasses import dataclass

from policy import keys
from policy.model import ClaimSizes, Profile
from policy.quantity import parse_quantity

_NO_SIZES = ClaimSizes()


@dataclass(frozen=True, slots=True)
class SettledSizes:
    """Smallest, default and largest size, in order as far as they are set, and what was passed over to get there."""

    default: str | None
    default_rule: str
    min: str | None
    max: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A size that somebody wants, and who."""

    size: str
    rule: str


def settle_sizes(profile: Profile, labels: Mapping[str, str | None]) -> SettledSizes:
    """Lay the namespace's size labels (already read) over the profile's sizes.

    The largest size is a limit and always holds. A smallest size above it, or a default outside the two, counts as
    absent: the profile's is taken instead where that fits, else none.
    """
    sizes = profile.claim or _NO_SIZES
    warnings: list[str] = []
    largest = labels[keys.MAX_CLAIM] or sizes.max
    smallest = _first_fitting(_candidates(profile, keys.MIN_CLAIM, labels, sizes.min), _Bounds(None, largest), warnings)
    bounds = _Bounds(smallest.size if smallest else None, largest)
    default = _first_fitting(_candidates(profile, keys.DEFAULT_CLAIM, labels, sizes.default), bounds, warnings)
    return SettledSizes(
        default=default.size if default else None,
        default_rule=default.rule if default else "",
        min=bounds.min,
        max=largest,
        warnings=tuple(warnings),
    )


@dataclass(frozen=True, slots=True)
class _Bounds:
    min: str | None
    max: str | None

    def objection(self, size: str) -> str | None:
        """Why `size` lies outside, or None where it lies within."""
        if self.max and parse_quantity(size) > parse_quantity(self.max):
            return f"it is above the largest size, {self.max}"
        if self.min and parse_quantity(size) < parse_quantity(self.min):
            return f"it is below the smallest size, {self.min}"
        return None


def _candidates(
    profile: Profile, key: str, labels: Mapping[str, str | None], of_profile: str | None
) -> list[_Candidate]:
    wanted = ((labels[key], f"label {key}"), (of_profile, profile.rule))
    return [_Candidate(size, rule) for size, rule in wanted if size]


def _first_fitting(candidates: list[_Candidate], bounds: _Bounds, warnings: list[str]) -> _Candidate | None:
    for candidate in candidates:
        objection = bounds.objection(candidate.size)
        if objection is None:
            return candidate
        warnings.append(f"{candidate.rule}: {candidate.size} is ignored: {objection}")
    return None
