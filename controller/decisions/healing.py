"""Filling in afterwards what the webhook would have filled in, had it been there: classes and mount options."""

from typing import Final

from controller.decisions import reasons
from controller.decisions.actions import Actions, LookAgain, SetClass, SetMountOptions, Tell
from controller.decisions.patches import class_patch, options_patch
from kube.events import ObjectReference
from policy.choices import Fill, Keep
from policy.claims import ClassFacts, VolumeMissing, class_choice
from policy.exports import ManagedExports
from policy.profiles import NamespaceSettings
from policy.shapes import Json, mapping, text
from policy.volumes import volume_options

_SOON: Final = 10.0
"""Seconds after which to look again for a volume that a claim names and that is not there yet."""


def heal_claim(claim: Json, settings: NamespaceSettings, facts: ClassFacts) -> Actions:
    """Give a claim that has no class, and no volume yet, the one it would have got on creation.

    From none to some class is the only change of a claim's class that the API allows. Raises `WrongShape`.
    """
    if text(claim, "spec", "storageClassName") is not None or text(claim, "metadata", "deletionTimestamp"):
        return ()
    choice = class_choice(claim, settings, facts)
    if isinstance(choice, Keep) and choice.warn and isinstance(facts.named_volume, VolumeMissing):
        return (LookAgain(_SOON),)  # whoever makes that volume may be a moment late, or our watch of volumes is
    if not isinstance(choice, Fill) or choice.value == "":  # to the binder, "" and none are the same
        return ()
    about = ObjectReference.of(claim)
    message = f"Filled in class {choice.value} ({choice.rule}): the claim named none."
    return (
        SetClass(about, class_patch(claim, choice.value)),
        Tell(about, "Normal", reasons.CLASS_FILLED_IN, message),
    )


def heal_volume(volume: Json, claim: Json, settings: NamespaceSettings, exports: ManagedExports) -> Actions:
    """Give an NFS volume without mount options, made for a claim of an opted-in namespace, what it would have got.

    `claim` is the claim it refers to. Raises `WrongShape`.
    """
    if not _refers_to(volume, claim) or text(volume, "metadata", "deletionTimestamp"):
        return ()
    choice = volume_options(volume, claim, settings, exports)
    if not isinstance(choice, Fill):
        return ()
    about = ObjectReference.of(volume)
    message = f"Filled in mount options {','.join(choice.value)} ({choice.rule}): the volume had none."
    return (
        SetMountOptions(about, options_patch(volume, choice.value)),
        Tell(about, "Normal", reasons.MOUNT_OPTIONS_FILLED_IN, message),
    )


def _refers_to(volume: Json, claim: Json) -> bool:
    """Whether the claim is the very one: not a later one of the same name."""
    wanted = mapping(volume, "spec", "claimRef").get("uid")
    return not wanted or wanted == text(claim, "metadata", "uid")
