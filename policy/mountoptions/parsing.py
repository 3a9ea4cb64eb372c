"""From the text of mount options to options that are known to be sound, and layers of them laid over each other."""

from collections.abc import Iterable
from dataclasses import dataclass

from policy.errors import MountOptionInvalid
from policy.mountoptions.table import OPTIONS, OptionSpec
from policy.spelling import meant


@dataclass(frozen=True, slots=True)
class MountOption:
    """One option as written (`text`), with the key by which it conflicts and the name by which it is allowed."""

    key: str
    text: str
    name: str


def parse_options(items: Iterable[str]) -> tuple[MountOption, ...]:
    """Read one layer of options; an item may hold several with commas between them.

    Raises `MountOptionInvalid` for the first that is unknown, holds what it cannot, is not a policy's to set, or
    contradicts one before it. An option that is there twice is kept once.
    """
    found: dict[str, MountOption] = {}
    for text in split_items(items):
        option = parse_option(text)
        earlier = found.setdefault(option.key, option)
        if earlier.text != option.text:
            raise MountOptionInvalid(text, f"contradicts {earlier.text}, which stands before it")
    return tuple(found.values())


def parse_option(text: str) -> MountOption:
    """Read one option; raises `MountOptionInvalid` for what no policy and no claim may set."""
    word, equals, value = text.partition("=")
    spec = spec_of(word)
    reason = spec.not_in_policies or spec.check(value if equals else None)
    if reason:
        raise MountOptionInvalid(text, reason)
    return MountOption(spec.key, text, spec.name)


def spec_of(word: str) -> OptionSpec:
    """What is known of the option called `word`; raises `MountOptionInvalid` where nothing is."""
    spec = OPTIONS.get(word)
    if spec is None:
        raise MountOptionInvalid(word, f"is no option of nfs(5) or mount(8){meant(word, OPTIONS)}")
    return spec


def check_allowable(name: str) -> str:
    """Return `name` where a policy may let claims ask for it, else raise `MountOptionInvalid`."""
    if "=" in name:
        raise MountOptionInvalid(name, "is to be allowed by its name alone: leave out the value")
    reason = spec_of(name).not_by_claims
    if reason:
        raise MountOptionInvalid(name, reason)
    return name


def split_items(items: Iterable[str]) -> Iterable[str]:
    """Yield each option's text, without the spaces around it; empty ones are left out, as mount(8) does."""
    for item in items:
        for text in item.split(","):
            stripped = text.strip(" ")
            if stripped:
                yield stripped


def merge(*layers: Iterable[MountOption]) -> tuple[MountOption, ...]:
    """Lay the layers over each other: of one key the last holds, and stands where it was set last.

    So mount(8), which reads from left to right, sees the same winners: `actimeo` of a later layer goes over
    `acregmin` of an earlier one.
    """
    merged: dict[str, MountOption] = {}
    for layer in layers:
        for option in layer:
            merged.pop(option.key, None)
            merged[option.key] = option
    return tuple(merged.values())


def protocol_version(options: Iterable[MountOption]) -> str | None:
    """The version of NFS that one of `options` says, such as `4.1`; None: client and server agree on one."""
    for option in options:
        if option.name == "nfsvers":
            word, equals, value = option.text.partition("=")
            return value if equals else word.removeprefix("v")
    return None


def risk_of_loss(options: Iterable[str]) -> str | None:
    """A warning where `options` let a writable volume lose data without the program noticing, else None."""
    texts = set(options)
    soft = texts & {"soft", "softerr"}
    if soft and "ro" not in texts:
        return (
            f"mount option {soft.pop()} on a writable volume can lose data when the server is slow (nfs(5)); use hard"
        )
    return None
