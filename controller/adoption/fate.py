"""What becomes of a volume's data when its claim is deleted, as the provisioner that made it would have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from policy import keys
from policy.ending import Ending, EndingUnclear, ending_of
from policy.errors import ParametersRefused
from policy.model import Export, Policy
from policy.parameters import EXPORT, RECLAIM_PARAMETERS, OnDelete, read_parameters
from policy.shapes import Json, annotations, mapping, text
from policy.volumes import class_of_volume

_HANDLE_SEPARATOR: Final = "#"
_ON_DELETE_IN_HANDLE: Final = 4


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the data, and a clause that says why."""

    ending: Ending
    because: str


def fate_of(volume: Json, export: Export, classes: Mapping[str, Json], policy: Policy) -> Fate:
    """Read it off the volume's own annotation, else off its CSI handle, else off its class as it is now.

    Where nothing can be read the data is retained: whoever knows better says so in the annotation.
    """
    if keys.ON_DELETE in annotations(volume):
        return _as_marked(volume)
    if text(volume, "spec", "csi", "driver") == keys.NFS_CSI_DRIVER:
        return _as_handled(text(volume, "spec", "csi", "volumeHandle") or "")
    return _as_classified(class_of_volume(volume), export, classes, policy)


def _as_marked(volume: Json) -> Fate:
    try:
        return Fate(ending_of(volume), f"its annotation {keys.ON_DELETE} says so")
    except EndingUnclear as unclear:
        return _retained(str(unclear))


def _as_handled(handle: str) -> Fate:
    """csi-driver-nfs writes into the handle what it will do, unless that is to delete: getVolumeIDFromNfsVol in its
    controllerserver.go. The parts: server, share, directory, name, what to do.
    """
    parts = handle.split(_HANDLE_SEPARATOR)
    named = parts[_ON_DELETE_IN_HANDLE].lower() if len(parts) > _ON_DELETE_IN_HANDLE else ""
    if not named:
        return Fate(Ending(OnDelete.DELETE), "its volumeHandle says nothing else")
    try:
        return Fate(Ending(OnDelete(named)), "its volumeHandle says so")
    except ValueError:
        return _retained(f"its volumeHandle says {named!r}, which is none of {', '.join(OnDelete)}")


def _as_classified(name: str, export: Export, classes: Mapping[str, Json], policy: Policy) -> Fate:
    """As the class's parameters say, those about deleting alone: whatever else is wrong with it is of new volumes."""
    storage_class = classes.get(name)
    if storage_class is None:
        return _retained(f"its class {name} is gone" if name else "it has no class")
    given = mapping(storage_class, "parameters")
    relevant = {key: value for key, value in given.items() if key in RECLAIM_PARAMETERS}
    provisioner = text(storage_class, "provisioner")
    try:
        read = read_parameters({"provisioner": provisioner, "parameters": {**relevant, EXPORT: export.name}}, policy)
    except ParametersRefused as refusal:
        return _retained(f"its class {name}: {refusal}")
    return Fate(Ending(read.on_delete, read.archive_for), f"class {name} says so")


def _retained(because: str) -> Fate:
    return Fate(Ending(OnDelete.RETAIN), f"{because}; annotation {keys.ON_DELETE} of the volume can say otherwise")
