"""What the webhook does not say, since it is not its business or it cannot know, and people who ask want to read."""

from collections.abc import Iterator

from cli.explaining.apiserver import missing_in_claim, takes_default_class
from cli.explaining.submissions import Submission
from cli.explaining.surroundings import Surroundings
from cli.explaining.wording import Reason, note
from controller.decisions.limits.wording import what_holds
from policy import keys
from policy.pods import claim_volumes
from policy.shapes import Json, text
from webhook.decision import Decision


def asides(submission: Submission, filling: Decision, filled: Json, known: Surroundings) -> Iterator[Reason]:
    """Yield notes on one object; `filled` is the object after `filling` was carried out."""
    return map(note, _asides(submission, filling, filled, known))


def profile_note(submission: Submission, known: Surroundings) -> Iterator[Reason]:
    """Yield which profile holds for an object, and why this one; nothing where the namespace is not opted in."""
    settings = known.cluster.settings(submission.settled_by)
    if settings:
        yield note(f"{settings.profile.rule} applies: {settings.profile_rule}")


def _asides(submission: Submission, filling: Decision, filled: Json, known: Surroundings) -> Iterator[str]:
    yield from _on_the_namespace(submission, known)
    if submission.kind == "PersistentVolumeClaim":
        yield from _on_the_default_class(submission, filling, known)
        yield from _on_the_named_volume(submission, known)
        yield from _on_the_limits(submission, known)
        for field in missing_in_claim(filled):
            yield f"{field}: still missing, so the API server will refuse this claim"
    if submission.kind == "Pod":
        yield from _on_claims_outside(submission, known)
    if submission.kind == "PersistentVolume" and filling.fills:
        yield from _on_the_reserving_claim(submission, known)


def _on_the_namespace(submission: Submission, known: Surroundings) -> Iterator[str]:
    namespace = submission.settled_by
    if namespace and namespace not in known.namespaces_told_of:
        yield (
            f"the input does not hold the Namespace {namespace}, which so counts as one without labels: "
            f"give its manifest, or --namespace-labels {keys.INJECT}={keys.INJECT_ENABLED}"
        )


def _on_the_default_class(submission: Submission, filling: Decision, known: Surroundings) -> Iterator[str]:
    default_class = known.cluster.default_class()
    stays = all(fill.label != "spec.storageClassName" for fill in filling.fills)
    if default_class and stays and takes_default_class(submission.obj):
        yield f"spec.storageClassName: the API server puts in {default_class}, the cluster's default class"


def _on_the_named_volume(submission: Submission, known: Surroundings) -> Iterator[str]:
    volume = text(submission.obj, "spec", "volumeName")
    if volume and known.cluster.volume(volume) is None:
        yield f"the input does not hold the PersistentVolume {volume}, whose class the claim would get if it names none"


def _on_the_limits(submission: Submission, known: Surroundings) -> Iterator[str]:
    """Kubernetes counts, and nobody can here."""
    settings = known.cluster.settings(submission.settled_by)
    holds = what_holds(settings) if settings else ""
    if holds:
        yield f"limits, which the API server enforces: {holds}"


def _on_claims_outside(submission: Submission, known: Surroundings) -> Iterator[str]:
    settings = known.cluster.settings(submission.settled_by)
    if settings is None or settings.profile.over_quota == "warn":
        return
    for volume in claim_volumes(submission.obj):
        if known.cluster.claim(submission.namespace, volume.claim) is None:
            yield f"the input does not hold the claim {volume.claim}, so how much of it is used does not count here"


def _on_the_reserving_claim(submission: Submission, known: Surroundings) -> Iterator[str]:
    claim = text(submission.obj, "spec", "claimRef", "name") or ""
    if known.cluster.claim(submission.settled_by, claim) is None:
        yield f"the input does not hold the claim {claim}, so what it may ask for by annotation does not count here"
