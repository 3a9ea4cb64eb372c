"""Subvolumes that no Pod can mount."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from controller.doctor.checks.sizes import wanted_on
from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed
from controller.doctor.wording import named
from policy.errors import MountOptionInvalid
from policy.model import Export
from policy.mountoptions import parse_options, protocol_version
from policy.parameters import QuotaKind
from policy.shapes import sequence, text

Layer: TypeAlias = tuple[str, Sequence[str]]
"""Mount options, and who says them."""

_TOO_OLD: Final = "3"


def too_old_to_mount(observed: Observed) -> Iterator[Finding]:
    """Volumes that are subvolumes of a btrfs get mount options that say NFSv3."""
    for export in observed.policy.exports:
        names = wanted_on(export.name, observed).get(QuotaKind.BTRFS, [])
        for where, classes in _speakers(names, export, observed).items():
            yield Finding(
                Level.ERROR,
                where,
                f"Its mount options say NFSv3, and on export {export.name} class {named(classes)} says quota: btrfs.",
                "There each claim is a subvolume, and Linux's NFS server lets nobody mount one over NFSv3: Pods stay "
                'in ContainerCreating, with "access denied by server".',
                "nfsvers=4.1, or no version at all. A class's mountOptions cannot be changed: delete the class and "
                "make it anew; nor do volumes that are there change: kubectl edit pv.",
            )


def _speakers(names: Iterable[str], export: Export, observed: Observed) -> Mapping[str, list[str]]:
    """Who says NFSv3, and of these classes for which: for claims of any profile, and where none holds."""
    profiles: list[Layer] = [(profile.rule, profile.mount_options) for profile in observed.policy.profiles]
    found: dict[str, list[str]] = {}
    for name in names:
        base = (f"export {export.name}", export.mount_options)
        over = (f"class {name}", _options_of(name, observed))
        ways = [(over, profile, base) for profile in profiles] + [(over, base)]
        for who in dict.fromkeys(filter(None, map(_who_says_it, ways))):
            found.setdefault(who, []).append(name)
    return found


def _who_says_it(layers: Iterable[Layer]) -> str | None:
    """Who has the last word, and says NFSv3. Of options that cannot be no volume is made."""
    for who, options in layers:
        try:
            version = protocol_version(parse_options(options))
        except MountOptionInvalid:
            return None
        if version:
            return who if version == _TOO_OLD else None
    return None


def _options_of(name: str, observed: Observed) -> list[str]:
    (found,) = (each for each in observed.ours if text(each, "metadata", "name") == name)
    return [str(option) for option in sequence(found, "mountOptions")]
