"""The mount options that a volume gets: the export's, the profile's over them, then what its claim may ask for."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from policy.errors import MountOptionInvalid, shorten
from policy.mountoptions.parsing import (
    MountOption,
    merge,
    parse_option,
    parse_options,
    risk_of_loss,
    spec_of,
    split_items,
)

_LONGEST_REQUEST = 1024


@dataclass(frozen=True, slots=True)
class RefusedOption:
    """An option that a claim asked for and does not get."""

    text: str
    reason: str

    def __str__(self) -> str:
        return f"mount option {shorten(self.text)} is left out: it {self.reason}"


@dataclass(frozen=True, slots=True)
class EffectiveOptions:
    """The options in the order in which mount(8) should get them, and what was asked for in vain."""

    options: tuple[str, ...]
    refused: tuple[RefusedOption, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the author of the claim should be told, one sentence each."""
        loss = risk_of_loss(self.options)
        return (*map(str, self.refused), *((loss,) if loss else ()))


def effective_options(
    base: Sequence[str], profile: Sequence[str], allowed: Collection[str], request: str | None
) -> EffectiveOptions:
    """Lay `profile` over `base`, and over both what `request` (comma-separated) asks for and `allowed` names.

    `base` and `profile` come from a policy, so they are known to be sound. The request comes from a tenant: nothing in
    it raises, and what may not be had is refused with its reason.
    """
    if request and len(request) > _LONGEST_REQUEST:
        refusal = RefusedOption(request, f"is part of a request of more than {_LONGEST_REQUEST} characters")
        return EffectiveOptions(_laid_over(tuple(base), tuple(profile), (), "").options, (refusal,))
    return _laid_over(tuple(base), tuple(profile), tuple(allowed), request or "")


@lru_cache(maxsize=256)
def _laid_over(
    base: tuple[str, ...], profile: tuple[str, ...], allowed: tuple[str, ...], request: str
) -> EffectiveOptions:
    """Remembered, since a policy has few combinations, and the claims of one workload all ask for the same."""
    granted = merge(parse_options(base), parse_options(profile))
    judge = _Judge(granted, allowed)
    merged = merge(granted, judge.accept(request))
    return EffectiveOptions(tuple(option.text for option in merged), tuple(judge.refused))


class _Judge:
    """Goes through one request and keeps what is refused."""

    def __init__(self, granted: Sequence[MountOption], allowed: Collection[str]) -> None:
        self._granted = {option.key: option.text for option in granted}
        self._allowed = {spec_of(name).name for name in allowed}
        self._accepted: dict[str, str] = {}
        self.refused: list[RefusedOption] = []

    def accept(self, request: str) -> Iterator[MountOption]:
        """Yield the options of `request` that may be had."""
        for text in split_items([request]):
            try:
                yield self._accept(text)
            except MountOptionInvalid as error:
                self.refused.append(RefusedOption(text, error.reason))

    def _accept(self, text: str) -> MountOption:
        option = parse_option(text)
        reason = self._objection(option)
        if reason:
            raise MountOptionInvalid(text, reason)
        self._accepted[option.key] = text
        return option

    def _objection(self, option: MountOption) -> str | None:
        never = spec_of(option.text.partition("=")[0]).not_by_claims
        if never:
            return never
        if option.name not in self._allowed:
            return "is not allowed by the namespace's profile"
        if option.key == "nconnect" and self._granted.get("nconnect") != option.text:
            return "is decided by a node's first mount of a server: it is an option for the export"
        earlier = self._accepted.get(option.key, option.text)
        return f"contradicts {earlier}, which stands before it" if earlier != option.text else None
