"""What a claim gets: its class, and the mount options that its volume will have.

The webhook asks when a claim is created, the healer when one has been stored without a class.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from policy import keys
from policy.authorship import author_wrote
from policy.choices import Choice, Fill, Keep
from policy.datasources import DataSourceRefused, source_name
from policy.marks import OPTED_OUT, filled_fields, opted_out
from policy.model import Export
from policy.mountoptions import EffectiveOptions, effective_options
from policy.profiles import NamespaceSettings
from policy.shapes import Json, annotations, mapping, text

CLASS_FIELD = "spec.storageClassName"
"""How the list of filled fields names a claim's class."""


@dataclass(frozen=True, slots=True)
class VolumeFound:
    """The volume that a claim names exists and has this class, `` for none."""

    storage_class: str


@dataclass(frozen=True, slots=True)
class VolumeMissing:
    """The volume that a claim names does not exist."""


@dataclass(frozen=True, slots=True)
class VolumeUnknown:
    """The volume that a claim names was not looked up, or could not be."""


NamedVolume: TypeAlias = VolumeFound | VolumeMissing | VolumeUnknown


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """What must be known of the cluster to choose a class: its default one, and the volume that the claim names."""

    cluster_default: str | None
    named_volume: NamedVolume = VolumeUnknown()


def class_choice(claim: Json, settings: NamespaceSettings, facts: ClassFacts) -> Choice:
    """Which class the claim gets, or why it keeps what it has.

    `claim` may also be the template of a generic ephemeral volume: without managedFields, what stands there is its
    author's. Raises `WrongShape` for a malformed claim.
    """
    spec = mapping(claim, "spec")
    current = text(claim, "spec", "storageClassName")
    objection = _objection(claim, current, facts)
    if objection:
        return Keep(objection)
    volume = text(claim, "spec", "volumeName")
    if volume:
        wanted = _class_of_volume(volume, facts.named_volume)
    elif _content_from_elsewhere(spec):
        return Keep("a selector or data source decides where its content comes from")
    else:
        wanted = _class_of_namespace(settings)
    if isinstance(wanted, Fill) and wanted.value == current:
        return Keep("it has this class already")
    return wanted


def why_not_provisioned(claim: Json) -> str | None:
    """Why our provisioner makes no volume for a claim, whatever its class says, as a clause; None where it would."""
    if mapping(claim, "spec").get("selector") is not None:
        return "its selector asks for an existing volume, and a new one cannot match it"
    if text(claim, "spec", "volumeMode") == "Block":
        return "NFS has no block devices: leave out volumeMode, or say Filesystem"
    try:
        source_name(claim)
    except DataSourceRefused as refused:
        return str(refused)
    return None


def requested_options(claim: Json, settings: NamespaceSettings, export: Export | None) -> EffectiveOptions:
    """The mount options of the claim's volume, as far as they are known: without `export`, its base is left out."""
    return effective_options(
        export.mount_options if export else (),
        settings.profile.mount_options,
        settings.profile.allowed_mount_options,
        annotations(claim).get(keys.MOUNT_OPTIONS),
    )


def _objection(claim: Json, current: str | None, facts: ClassFacts) -> str | None:
    """Why nobody but its author may decide the claim's class, or None."""
    if opted_out(claim):
        return OPTED_OUT
    if CLASS_FIELD in filled_fields(claim):
        return "it was filled in before"
    if keys.LEGACY_CLASS_ANNOTATION in annotations(claim):
        return f"annotation {keys.LEGACY_CLASS_ANNOTATION} names a class"
    return None if current is None else _somebodys_choice(claim, current, facts)


def _somebodys_choice(claim: Json, current: str, facts: ClassFacts) -> str | None:
    """Who chose the class that is there, or None where it was the API server's DefaultStorageClass plugin."""
    if current == "":
        return "its author asked for no class"
    if author_wrote(claim, "spec", "storageClassName"):
        return "its author named the class"
    return "another webhook named the class" if current != facts.cluster_default else None


def _content_from_elsewhere(spec: Mapping[str, Any]) -> bool:
    return any(spec.get(field) is not None for field in ("selector", "dataSource", "dataSourceRef"))


def _class_of_volume(name: str, volume: NamedVolume) -> Choice:
    """The volume's own class: with another the claim would never bind to it."""
    match volume:
        case VolumeFound(storage_class):
            return Fill(storage_class, f"class of volume {name}")
        case VolumeMissing():
            return Keep(f"there is no volume {name} whose class it could take", warn=True)
        case VolumeUnknown():
            return Keep(f"volume {name} could not be looked up for its class", warn=True)


def _class_of_namespace(settings: NamespaceSettings) -> Choice:
    if settings.storage_class is None:
        return Keep(f"{settings.profile.rule} names no class")
    return Fill(settings.storage_class, settings.storage_class_rule)
