"""Opted-in namespaces that do not get what their labels say."""

from collections.abc import Iterator

from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed
from policy import keys
from policy.profiles import NEVER_TOUCHED
from policy.shapes import labels, text


def unreadable_labels(observed: Observed) -> Iterator[Finding]:
    """A label of ours holds something that cannot be read."""
    for settings in observed.opted_in:
        for warning in settings.warnings:
            yield Finding(
                Level.WARNING,
                f"namespace {settings.namespace}",
                f"{warning[:1].upper()}{warning[1:]}.",
                f"What {settings.profile.rule} says holds instead, which may be more or less than was meant.",
                f"kubectl label namespace {settings.namespace} --overwrite {keys.GROUP}/...=VALUE",
            )


def never_opted_in(observed: Observed) -> Iterator[Finding]:
    """A namespace of the cluster's own is labelled, and left alone all the same; or the label says something else."""
    for namespace in observed.namespaces:
        name, marked = text(namespace, "metadata", "name") or "", labels(namespace).get(keys.INJECT)
        if marked == keys.INJECT_ENABLED and name in NEVER_TOUCHED:
            yield _ineffective(name, "Namespaces of the cluster's own are never touched, whatever their labels.")
        elif marked not in (None, keys.INJECT_ENABLED, keys.INJECT_DISABLED):
            yield _ineffective(name, f"Only {keys.INJECT}={keys.INJECT_ENABLED} opts a namespace in, not {marked!r}.")


def _ineffective(name: str, why: str) -> Finding:
    return Finding(
        Level.WARNING,
        f"namespace {name}",
        f"Its label {keys.INJECT} has no effect.",
        why,
        f"kubectl label namespace {name} {keys.INJECT}-",
    )
