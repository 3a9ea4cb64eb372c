"""What a new claim of a namespace is held to, worked out once: every claim asks, and labels seldom change."""

from dataclasses import dataclass

from policy.profiles import NamespaceSettings
from policy.quantity import parse_quantity
from policy.quotas import claim_limits, hard_limits
from policy.shapes import mapping, text


@dataclass(frozen=True, slots=True)
class Size:
    """A size as people read it, and in bytes."""

    text: str
    size: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a namespace's quota has to limit, by the names in its `spec.hard`; the smallest and largest size, if any."""

    limited: frozenset[str]
    smallest: Size | None
    largest: Size | None


def bounds_of(settings: NamespaceSettings) -> Bounds:
    """What ResourceQuota and LimitRange of the namespace will say."""
    limits = claim_limits(settings) or {}
    smallest, largest = (_size(text(mapping(limits, bound), "storage")) for bound in ("min", "max"))
    return Bounds(frozenset(hard_limits(settings)), smallest, largest)


def _size(written: str | None) -> Size | None:
    return Size(written, parse_quantity(written)) if written else None
