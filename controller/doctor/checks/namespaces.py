"""Opted-in namespaces that do not get what their labels say."""

from collections.abc import Iterator

from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed
from policy import keys
from policy.profiles import NEVER_TOUCHED
from policy.shapes import labels, text


def labels_in_vain(observed: Observed) -> Iterator[Finding]:
    """A label of ours cannot be read, or does not do what it says, as things are."""
    for settings in observed.opted_in:
        name, rule = settings.namespace, settings.profile.rule
        for warning in settings.unread:
            yield _in_vain(
                name,
                warning,
                f"What {rule} says holds instead, which may be more or less than was meant.",
                f"kubectl label namespace {name} --overwrite {keys.GROUP}/...=VALUE",
            )
        for warning in settings.idle:
            yield _in_vain(
                name,
                warning,
                "It does not do what it says, though somebody may count on it.",
                f"Have the namespace's labels and {rule} agree; or, to take a label off: "
                f"kubectl label namespace {name} {keys.GROUP}/...-",
            )


def never_opted_in(observed: Observed) -> Iterator[Finding]:
    """A namespace of the cluster's own is labelled, and left alone all the same; or the label says something else."""
    for namespace in observed.namespaces:
        name, marked = text(namespace, "metadata", "name") or "", labels(namespace).get(keys.INJECT)
        if marked == keys.INJECT_ENABLED and name in NEVER_TOUCHED:
            yield _ineffective(name, "Namespaces of the cluster's own are never touched, whatever their labels.")
        elif marked not in (None, keys.INJECT_ENABLED, keys.INJECT_DISABLED):
            yield _ineffective(name, f"Only {keys.INJECT}={keys.INJECT_ENABLED} opts a namespace in, not {marked!r}.")


def _in_vain(namespace: str, warning: str, why: str, mend: str) -> Finding:
    return Finding(Level.WARNING, f"namespace {namespace}", f"{warning[:1].upper()}{warning[1:]}.", why, mend)


def _ineffective(name: str, why: str) -> Finding:
    return Finding(
        Level.WARNING,
        f"namespace {name}",
        f"Its label {keys.INJECT} has no effect.",
        why,
        f"kubectl label namespace {name} {keys.INJECT}-",
    )
