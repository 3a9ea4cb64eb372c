"""A claim's defaults: class, size, access modes, and for people to read the options its volume will get.

Each row answers for one field. The template of a generic ephemeral volume is a claim, too: it comes with its place.
"""

from collections.abc import Collection, Iterator

from policy import keys
from policy.authorship import author_wrote
from policy.choices import Choice, Fill, Keep
from policy.claims import (
    CLASS_FIELD,
    ClassFacts,
    NamedVolume,
    VolumeFound,
    VolumeMissing,
    VolumeUnknown,
    class_choice,
    requested_options,
)
from policy.marks import filled_fields
from policy.profiles import NamespaceSettings
from policy.shapes import Json, annotations, mapping, sequence, text
from policy.volumes import class_of_volume
from webhook.cluster import ClusterView
from webhook.decision import THE_OBJECT, Field, Outcome, Place, Warned, outcomes

CLASS = Field(CLASS_FIELD, ("spec", "storageClassName"))
SIZE = Field("spec.resources.requests.storage", ("spec", "resources", "requests", "storage"))
MODES = Field("spec.accessModes", ("spec", "accessModes"))
OPTIONS = Field(
    f"metadata.annotations[{keys.EFFECTIVE_MOUNT_OPTIONS}]",
    ("metadata", "annotations", keys.EFFECTIVE_MOUNT_OPTIONS),
    own_mark=True,
)

_NO_VOLUME_ASKED = VolumeUnknown()
_DONE_BEFORE = Keep("it was filled in before")


def fill_claim(
    claim: Json, settings: NamespaceSettings, view: ClusterView, place: Place = THE_OBJECT
) -> Iterator[Outcome]:
    """What becomes of each field of a new claim, or of a template that stands at `place` in a Pod."""
    storage_class = class_choice(claim, settings, ClassFacts(view.default_class(), _named_volume(claim, view)))
    before = filled_fields(claim)
    yield from (Warned(warning) for warning in settings.warnings)
    yield from outcomes(CLASS, storage_class, place)
    yield from _missing_class(claim, storage_class, view)
    yield from outcomes(SIZE, _size(claim, settings, before), place)
    yield from outcomes(MODES, _access_modes(claim, settings, before), place)
    if _final_class(claim, storage_class) in settings.nfs_classes:
        yield from _effective_options(claim, settings, place)


def _named_volume(claim: Json, view: ClusterView) -> NamedVolume:
    """Look up the volume that the claim names, unless the author's own class settles the matter."""
    name = text(claim, "spec", "volumeName")
    current = text(claim, "spec", "storageClassName")
    if not name or (current is not None and author_wrote(claim, "spec", "storageClassName")):
        return _NO_VOLUME_ASKED
    volume = view.volume(name)
    return VolumeFound(class_of_volume(volume)) if volume is not None else VolumeMissing()


def _missing_class(claim: Json, choice: Choice, view: ClusterView) -> Iterator[Outcome]:
    # A volume's class need not exist: it is a word by which claim and volume find each other.
    if isinstance(choice, Fill) and not text(claim, "spec", "volumeName") and not view.class_exists(choice.value):
        yield Warned(f"StorageClass {choice.value} ({choice.rule}) does not exist; until it does the claim waits")


def _size(claim: Json, settings: NamespaceSettings, before: Collection[str]) -> Choice:
    if mapping(claim, "spec", "resources", "requests").get("storage") is not None:
        return Keep("its author named the size")
    if SIZE.name in before:
        return _DONE_BEFORE
    if settings.claim_default is None:
        return Keep(f"{settings.profile.rule} has no default size")
    return Fill(settings.claim_default, settings.default_size_rule)


def _access_modes(claim: Json, settings: NamespaceSettings, before: Collection[str]) -> Choice:
    profile = settings.profile
    if sequence(claim, "spec", "accessModes"):
        return Keep("its author named the access modes")
    if MODES.name in before:
        return _DONE_BEFORE
    if profile.access_modes is None:
        return Keep(f"{profile.rule} has no access modes")
    return Fill(list(profile.access_modes), profile.rule)


def _final_class(claim: Json, choice: Choice) -> str | None:
    """The class that the claim has once the choice is carried out."""
    if isinstance(choice, Fill):
        return str(choice.value)
    return annotations(claim).get(keys.LEGACY_CLASS_ANNOTATION) or text(claim, "spec", "storageClassName")


def _effective_options(claim: Json, settings: NamespaceSettings, place: Place) -> Iterator[Outcome]:
    effective = requested_options(claim, settings, None)
    yield from (Warned(warning) for warning in effective.warnings)
    options = ",".join(effective.options)
    present = annotations(claim).get(keys.EFFECTIVE_MOUNT_OPTIONS)
    if present is not None and present != options:
        told = f"annotation {keys.EFFECTIVE_MOUNT_OPTIONS} differs from what the volume will get: {options or 'none'}"
        yield from outcomes(OPTIONS, Keep(told, warn=True), place)
    elif present is not None:
        yield from outcomes(OPTIONS, Keep("it is there already"), place)
    elif not options:
        yield from outcomes(OPTIONS, Keep(f"{settings.profile.rule} has no mount options"), place)
    else:
        yield from outcomes(OPTIONS, Fill(options, settings.profile.rule), place)
