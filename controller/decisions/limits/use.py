"""What is told of how much of a quota is in use: each threshold once, and again only after use fell well below it.

What was told stands on the ResourceQuota itself, so that a restart tells nothing anew. While it holds, it is repeated
now and then: the API server refuses claims without saying whom to ask, and Events end.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import IntEnum
from typing import Final

from controller.decisions.actions import Actions, Tell, WriteLimits
from controller.decisions.limits.facts import LimitsFacts, Part
from controller.decisions.limits.manifests import limits_manifest
from controller.decisions.limits.wording import tell_use
from kube.events import ObjectReference
from policy.errors import QuantityInvalid
from policy.quantity import parse_amount
from policy.shapes import mapping

_WELL_BELOW: Final = 5
"""Percent of the quota that use has to fall below a threshold before it can be told once more."""


class Level(IntEnum):
    """How much of a quota is in use, in percent of it; OVER is more than all."""

    LOW = 0
    HIGH = 80
    FULL = 100
    OVER = 101


def decide_use(about: ObjectReference, quota: Part, facts: LimitsFacts) -> Actions:
    """Tell of a quota that is as it should be which parts have come near their end; to remind, which are there."""
    found, spec = quota.found, quota.spec
    if found is None or spec is None or found.used is None:
        return ()
    hard, told = mapping(spec, "hard"), _read(found.told)
    now = {name: next_level(told.get(name, Level.LOW), found.used.get(name, "0"), most) for name, most in hard.items()}
    reached = {name: level for name, level in now.items() if level > Level.LOW}
    news = [name for name, level in reached.items() if facts.remind or level > told.get(name, Level.LOW)]
    tells = tuple(_tell_each(about, {name: (found.used.get(name, "0"), hard[name]) for name in news}, facts.contact))
    if reached == told:
        return tells
    return (WriteLimits(about, quota.resource, limits_manifest(quota, about.name, spec, _written(reached))), *tells)


def _tell_each(about: ObjectReference, figures: Mapping[str, tuple[str, str]], contact: str | None) -> Iterator[Tell]:
    """How much is in use, of how much, by what a quota counts it under; nothing of what cannot be read."""
    for name, (used, hard) in figures.items():
        with suppress(QuantityInvalid):
            yield tell_use(about, name, used, hard, contact)


def next_level(told: Level, used: str, hard: str) -> Level:
    """The level that counts as told from now on: at once when use rises, with a delay when it falls."""
    try:
        use, most = parse_amount(used), parse_amount(hard)
    except QuantityInvalid:
        return told
    level, held = _level(use, most), min(told, Level.FULL)  # whoever has more than all has all
    return held if level < held and 100 * use > (held - _WELL_BELOW) * most else level


def _level(use: int, most: int) -> Level:
    if use > most:
        return Level.OVER
    if use == 0:
        return Level.LOW
    return max(level for level in (Level.LOW, Level.HIGH, Level.FULL) if 100 * use >= level * most)


def _read(told: str) -> dict[str, Level]:
    """What was written by `_written`; what cannot be read was not told."""
    entries = (entry.partition("=") for entry in told.split(","))
    known = {str(level.value): level for level in Level}
    return {name: known[level] for name, _, level in entries if level in known}


def _written(levels: Mapping[str, Level]) -> str:
    return ",".join(f"{name}={level.value}" for name, level in sorted(levels.items()))
