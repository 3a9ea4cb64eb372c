"""Whether the API server reaches the webhook, and trusts it, today and in a while."""

from collections.abc import Iterator
from typing import Final

from certs.bundles import Certificates, chains_to, readable_certificates, valid_at
from certs.files import CERTIFICATE_FILE
from certs.renewal import old_age
from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed, TrustSeen
from controller.doctor.trial import FilledIn
from kube import resources

_NO_CLAIMS: Final = "No claim without a class can be created in an opted-in namespace while this lasts."
_NOT_KEPT: Final = (
    "The cluster's controller renews it, or whoever fills the Secret: kubectl --namespace {namespace} logs "
    "deployment/{name}-cluster"
)


def not_registered(observed: Observed) -> Iterator[Finding]:
    """There is no webhook configuration, or it calls nobody."""
    kind = resources.MUTATING_CONFIGURATIONS.kind
    if not any(each.kind == kind and each.bundles for each in observed.trust):
        yield Finding(
            Level.ERROR,
            f"{kind} {observed.installed.name}",
            "There is none, so the API server does not ask nfs-steward.",
            "Nothing is filled in, and Pods do not wait for their directories.",
            "helm upgrade brings it back. Is the release's name another? Then give --name.",
        )


def untrusted_authority(observed: Observed) -> Iterator[Finding]:
    """A webhook configuration trusts nobody, or only authorities whose time is over."""
    for each in observed.trust:
        for bundle in each.bundles:
            if not any(valid_at(authority, observed.now) for authority in bundle):
                said = "whose time is over" if bundle else "which is empty"
                yield Finding(
                    Level.ERROR,
                    _where(each, observed),
                    f"It has a caBundle {said}.",
                    f"The API server trusts no certificate of the webhook. {_NO_CLAIMS}",
                    _keeper(observed),
                )
                break


def untrusted_certificate(observed: Observed) -> Iterator[Finding]:
    """The certificate in the Secret does not chain to what is published."""
    chain = _chain(observed)
    for each in observed.trust:
        if chain and not all(chains_to(chain, bundle) for bundle in each.bundles if bundle):
            yield Finding(
                Level.ERROR,
                _where(each, observed),
                f"Its caBundle does not hold the authority that signed {CERTIFICATE_FILE} of Secret "
                f"{observed.installed.secret}.",
                f"The API server refuses to ask the webhook. {_NO_CLAIMS}",
                f"{_keeper(observed)}. A GitOps tool that puts caBundle back must be told not to: docs/gitops.md.",
            )


def old_certificate(observed: Observed) -> Iterator[Finding]:
    """The certificate has expired, or should have been renewed."""
    for certificate in _chain(observed)[:1]:
        age = old_age(certificate, CERTIFICATE_FILE, observed.now)
        if age:
            expired = not valid_at(certificate, observed.now)
            yield Finding(
                Level.ERROR if expired else Level.WARNING,
                f"Secret {observed.installed.namespace}/{observed.installed.secret}",
                f"{age[:1].upper()}{age[1:]}.",
                f"When it has expired, the API server asks the webhook no more. {_NO_CLAIMS}",
                _keeper(observed),
            )


def not_answering(observed: Observed) -> Iterator[Finding]:
    """A claim that was tried as a dry run was not filled in."""
    if observed.trial and not isinstance(observed.trial, FilledIn):
        yield Finding(
            Level.ERROR,
            "webhook",
            observed.trial.message,
            "Claims in opted-in namespaces are refused, or get no class, while this lasts.",
            observed.trial.advice,
        )


def _chain(observed: Observed) -> Certificates:
    return readable_certificates(observed.certificate or b"")


def _where(trust: TrustSeen, observed: Observed) -> str:
    return f"{trust.kind} {observed.installed.name}"


def _keeper(observed: Observed) -> str:
    return _NOT_KEPT.format(namespace=observed.installed.namespace, name=observed.installed.name)
