"""NFS mount options: which there are, what they may hold, how layers of them are laid over each other."""

from policy.mountoptions.effective import EffectiveOptions, RefusedOption, effective_options
from policy.mountoptions.parsing import (
    MountOption,
    check_allowable,
    merge,
    parse_options,
    protocol_version,
    risk_of_loss,
)

__all__ = [
    "EffectiveOptions",
    "MountOption",
    "RefusedOption",
    "check_allowable",
    "effective_options",
    "merge",
    "parse_options",
    "protocol_version",
    "risk_of_loss",
]
