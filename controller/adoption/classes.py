"""Whether the StorageClasses of another provisioner can be served, and what they ask for."""

from dataclasses import dataclass

from policy.ending import Ending
from policy.errors import MountOptionInvalid, ParametersRefused
from policy.model import Policy
from policy.mountoptions import parse_options
from policy.parameters import read_parameters
from policy.shapes import Json, sequence, text


@dataclass(frozen=True, slots=True)
class Understood:
    """A class of which every parameter is understood, and what becomes of its volumes' data."""

    name: str
    ending: Ending


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A class that cannot be served; `why` is a clause that names the parameter."""

    name: str
    why: str


def judge_class(storage_class: Json, policy: Policy) -> Understood | NotUnderstood:
    """Read all of a class as it will be read for each of its claims."""
    name = text(storage_class, "metadata", "name") or ""
    try:
        parse_options(sequence(storage_class, "mountOptions"))
        read = read_parameters(storage_class, policy)
    except (ParametersRefused, MountOptionInvalid) as refusal:
        return NotUnderstood(name, str(refusal))
    return Understood(name, Ending(read.on_delete, read.archive_for))
