"""Claims that wait, and why. One that waits for a Pod, as its class says, is not stuck."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed, Part
from controller.doctor.waiting import PATIENCE_SECONDS, name_of, newest_warnings, waited
from controller.doctor.wording import lasting
from controller.observed.records import class_of_claim
from policy import keys
from policy.shapes import Json, annotations, text

_NO_ROOM: Final = "exceeded quota"
"""What an API server's refusal says where a ResourceQuota has no room left."""


@dataclass(frozen=True, slots=True)
class _Cause:
    what: str
    mend: str


def stuck_claims(observed: Observed) -> Iterator[Finding]:
    """Claims that wait and will go on waiting, or that have lost their volume."""
    warnings = newest_warnings(observed.events, "PersistentVolumeClaim")
    for claim in observed.claims:
        cause = _cause(claim, observed, warnings.get(name_of(claim)))
        if cause:
            yield Finding(
                Level.ERROR,
                f"claim {'/'.join(name_of(claim))}",
                cause.what,
                "Pods that use it are not scheduled, or do not start.",
                cause.mend,
            )


def claims_without_room(observed: Observed) -> Iterator[Finding]:
    """A StatefulSet or a Pod asks for claims that a quota refuses: they never come to be."""
    told: dict[tuple[str, str], str] = {}
    for event in observed.events:
        message = text(event, "message") or ""
        if _NO_ROOM in message and "persistentvolumeclaims" in message.lower():
            kind, name = (text(event, "involvedObject", field) for field in ("kind", "name"))
            told[text(event, "metadata", "namespace") or "", f"{kind} {name}"] = message
    for (namespace, about), message in told.items():
        yield Finding(
            Level.WARNING,
            f"{about} in namespace {namespace}",
            f"A quota refuses a claim that it asks for: {message}",
            "It is tried again and again, and comes to be as soon as there is room.",
            f"kubectl --namespace {namespace} describe resourcequota; then delete claims nobody needs, or raise the "
            f"label {keys.QUOTA} of the namespace.",
        )


def _cause(claim: Json, observed: Observed, warning: str | None) -> _Cause | None:
    phase = text(claim, "status", "phase")
    if phase == "Lost":
        volume = text(claim, "spec", "volumeName")
        return _Cause(
            f"Its volume {volume} is gone.", "Delete the claim, and make it anew; its data may still be on the export."
        )
    if phase not in (None, "Pending") or text(claim, "metadata", "deletionTimestamp"):
        return None
    if text(claim, "spec", "volumeName"):
        return _named_volume(claim, observed)
    name = class_of_claim(claim)
    if name is None:
        return _no_class(claim, observed)
    if name == "":
        return _waiting(claim, observed, "It asks for no class, and no volume without one fits it.")
    return _of_class(claim, name, observed, warning)


def _named_volume(claim: Json, observed: Observed) -> _Cause | None:
    name = text(claim, "spec", "volumeName")
    volume = next((each for each in observed.volumes if text(each, "metadata", "name") == name), None)
    if volume is None:
        return _Cause(f"It names volume {name}, which does not exist.", "Make that volume, or the claim anew.")
    holder = tuple(text(volume, "spec", "claimRef", field) or "" for field in ("namespace", "name"))
    if any(holder) and holder != name_of(claim):
        return _Cause(f"It names volume {name}, which is {'/'.join(holder)}'s.", "Make the claim anew, without it.")
    ours, theirs = class_of_claim(claim) or "", text(volume, "spec", "storageClassName") or ""
    if ours != theirs:
        what = f"It names volume {name}, which has class {theirs!r}, and the claim has class {ours!r}."
        return _Cause(what, "Make the claim anew with the volume's class.")
    return _waiting(claim, observed, f"It names volume {name}, and is not bound to it.")


def _no_class(claim: Json, observed: Observed) -> _Cause:
    namespace = text(claim, "metadata", "namespace") or ""
    settings = next((each for each in observed.opted_in if each.namespace == namespace), None)
    if Part.POLICY in observed.unseen:
        return _Cause("It has no class, and the policy was not seen.", "Give --policy FILE to learn why.")
    if settings is None:
        what = f"It has no class, there is no default one, and namespace {namespace} is not opted in."
        return _Cause(what, f"kubectl label namespace {namespace} {keys.INJECT}={keys.INJECT_ENABLED}")
    if settings.storage_class is None:
        what = f"It has no class, and {settings.profile.rule}, which its namespace gets, names none."
        return _Cause(what, f"Set storageClassName of {settings.profile.rule}, or the class of the claim.")
    return _Cause(
        f"It has no class, although its namespace gives {settings.storage_class}.",
        "The cluster's controller heals it: does it lead (see lease-unheld)? An Event on the claim says what is in "
        f"the way: kubectl --namespace {namespace} describe pvc {text(claim, 'metadata', 'name')}",
    )


def _of_class(claim: Json, name: str, observed: Observed, warning: str | None) -> _Cause | None:
    storage_class = next((each for each in observed.classes if text(each, "metadata", "name") == name), None)
    if storage_class is None:
        return _Cause(f"Its class {name} does not exist.", "Make the class, or the claim anew with another.")
    waits_for_a_pod = text(storage_class, "volumeBindingMode") == "WaitForFirstConsumer"
    if waits_for_a_pod and keys.SELECTED_NODE not in annotations(claim):
        return None
    provisioner = text(storage_class, "provisioner") or ""
    if warning is not None:
        what = f"{provisioner} makes no volume: {warning}"
        return _Cause(what, "Mend what the Event says; it is tried again by itself.")
    return _waiting(claim, observed, f"Nobody makes a volume for it: {provisioner} is not heard of.")


def _waiting(claim: Json, observed: Observed, what: str) -> _Cause | None:
    seconds = waited(text(claim, "metadata", "creationTimestamp"), observed.now)
    if seconds < PATIENCE_SECONDS:
        return None
    namespace, name = name_of(claim)
    mend = f"kubectl --namespace {namespace} describe pvc {name}; does the provisioner run?"
    return _Cause(f"{what} It has waited for {lasting(seconds)}.", mend)
