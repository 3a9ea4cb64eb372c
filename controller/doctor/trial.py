"""Trying a claim: whether the API server, asking the webhook, fills it in; and where not, what is in the way."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from kube import resources
from kube.client import Client
from kube.errors import ApiError, Forbidden, Invalid, NotFound
from policy import keys
from policy.claims import CLASS_FIELD
from policy.marks import filled_fields
from policy.shapes import Json, text

_AGAIN_SECONDS: Final = 1.0
_CALL_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a claim in `namespace`, which has to get this class (None: any). `name` is the installation's."""

    namespace: str
    expected_class: str | None
    name: str

    def claim(self) -> Json:
        """A claim that could stand as it is, but for its class."""
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"generateName": "nfs-steward-verify-", "namespace": self.namespace},
            "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
        }


@dataclass(frozen=True, slots=True)
class FilledIn:
    """It works."""

    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class NotYet:
    """It does not work, and may soon: everything starts at the same time."""

    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Never:
    """It does not work until somebody changes something."""

    message: str
    advice: str


Verdict: TypeAlias = FilledIn | NotYet | Never


def until_filled_in(
    client: Client, trial: Trial, timeout: float, pause: Callable[[float], None] = time.sleep
) -> Verdict:
    """Try again as long as it may soon work, for `timeout` seconds; the last verdict."""
    give_up = time.monotonic() + timeout
    while True:
        verdict = tried(client, trial)
        if not isinstance(verdict, NotYet) or time.monotonic() >= give_up:
            return verdict
        pause(_AGAIN_SECONDS)


def tried(client: Client, trial: Trial) -> Verdict:
    """Create the claim, as a dry run, and look at what the API server makes of it."""
    try:
        claim = client.create(resources.CLAIMS, trial.claim(), dry_run=True, timeout=_CALL_SECONDS)
    except ApiError as error:
        return refused(error, trial)
    return looked_at(claim, trial)


def looked_at(claim: Json, trial: Trial) -> Verdict:
    """What a claim that was let in says about the webhook."""
    storage_class = text(claim, "spec", "storageClassName")
    if CLASS_FIELD not in filled_fields(claim):
        return NotYet(
            f"The API server let the claim in with {_named(storage_class)}, and without asking nfs-steward.",
            f"Is there a MutatingWebhookConfiguration {trial.name}? Is namespace {trial.namespace} labelled "
            f"{keys.INJECT}={keys.INJECT_ENABLED}, and does its profile name a class? "
            f"`kubectl get mutatingwebhookconfiguration {trial.name}`, "
            f"`kubectl get namespace {trial.namespace} --show-labels`.",
        )
    if trial.expected_class not in (None, storage_class):
        return NotYet(
            f"nfs-steward filled in {_named(storage_class)}, where {trial.expected_class} was expected.",
            "A changed policy reaches the webhook a minute or two after it was installed. Then: which profile does "
            f"namespace {trial.namespace} get? `kubectl get namespace {trial.namespace} --show-labels`.",
        )
    return FilledIn(f"A claim without a class in namespace {trial.namespace} gets {_named(storage_class)}.")


@dataclass(frozen=True, slots=True)
class _Cause:
    """What is most likely behind an API server's failure to call a webhook, and the words that it is known by."""

    signs: tuple[str, ...]
    advice: str


_UNCALLED: Final = "failed calling webhook"
_CAUSES: Final = (
    _Cause(
        ("x509", "certificate"),
        "The API server does not trust the webhook's certificate, or has not been told yet whom to trust: does the "
        "configuration have a caBundle, and what does the log of the cluster's controller say about certificates?",
    ),
    _Cause(
        ("no endpoints", "connection refused", "not found"),
        "No webhook is ready: `kubectl get pods --all-namespaces -l app.kubernetes.io/component=webhook`; a Pod's "
        "/readyz says what it waits for.",
    ),
    _Cause(
        ("deadline exceeded", "timeout", "no route", "i/o"),
        "The API server does not reach the webhook: a network policy or firewall may be in between, or the control "
        "plane is outside of the Pod network (see the values webhook.port and webhook.hostNetwork).",
    ),
)
_UNKNOWN: Final = "What does the webhook's log say?"


def refused(error: ApiError, trial: Trial) -> Verdict:
    """What an answer other than a claim says."""
    if _UNCALLED in error.message:
        said = error.message.lower()
        advice = (cause.advice for cause in _CAUSES if any(sign in said for sign in cause.signs))
        return NotYet(f"The API server cannot ask nfs-steward: {error.message}", next(advice, _UNKNOWN))
    match error:
        case NotFound():
            return Never(f"There is no namespace {trial.namespace}.", "Make one, opted in, or name another.")
        case Forbidden():
            return Never(
                f"No claim can be created in namespace {trial.namespace}: {error.message}",
                "Whoever runs this needs the right to create claims there, and room in its quota.",
            )
        case Invalid():
            return Never(
                f"The API server does not take the claim: {error.message}", "Another webhook may be the cause."
            )
        case _:
            return NotYet(f"The API server gives no answer that helps: {error}", "Is the cluster well?")


def _named(storage_class: str | None) -> str:
    return f"class {storage_class!r}" if storage_class else "no class"
