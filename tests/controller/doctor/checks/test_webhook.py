"""Whether the API server reaches the webhook, and trusts it."""

from datetime import datetime, timedelta

import pytest

from certs.authority import KeyPair, issue_authority, issue_serving
from certs.bundles import Certificates, readable_certificates
from certs.names import ServingNames
from controller.doctor.observed import Observed, TrustSeen
from controller.doctor.trial import FilledIn, NotYet
from kube import resources
from tests.controller.doctor.objects import NOW, says, seen, told

NAMES = ServingNames.parse(["nfs-steward-webhook.nfs-steward.svc"], [])
MUTATING, VALIDATING = resources.MUTATING_CONFIGURATIONS.kind, resources.VALIDATING_CONFIGURATIONS.kind
DAYS_90, YEARS_5 = timedelta(days=90), timedelta(days=5 * 365)


def authority(made: datetime = NOW - timedelta(days=365)) -> KeyPair:
    return issue_authority(YEARS_5, lambda: made)


def certificate(signer: KeyPair, age: timedelta = timedelta(days=1)) -> bytes:
    """A certificate for 90 days that was made so long ago."""
    return issue_serving(signer, NAMES, DAYS_90, lambda: NOW - age).certificate


def trusting(*bundles: Certificates, kind: str = MUTATING) -> TrustSeen:
    return TrustSeen(kind, bundles)


OURS, ANOTHER, OVER = authority(), authority(), authority(NOW - timedelta(days=6 * 365))
OURS_TRUSTED, ANOTHER_TRUSTED, OVER_TRUSTED = (
    readable_certificates(each.certificate) for each in (OURS, ANOTHER, OVER)
)
WELL = trusting(OURS_TRUSTED, OURS_TRUSTED)


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("webhook-not-registered", seen(trust=(WELL,)), [], id="a configuration that calls somebody"),
        pytest.param("webhook-not-registered", seen(), [f"{MUTATING} nfs-steward: There is none"], id="none"),
        pytest.param("webhook-not-registered", seen(trust=(trusting(),)), ["There is none"], id="one without entries"),
        pytest.param(
            "webhook-not-registered",
            seen(trust=(trusting(OURS_TRUSTED, kind=VALIDATING),)),
            ["none"],
            id="only to refuse",
        ),
        pytest.param("webhook-not-answering", seen(trial=FilledIn("it is")), [], id="a claim is filled in"),
        pytest.param("webhook-not-answering", seen(trial=NotYet("no", "do this")), ["webhook: no do this"], id="not"),
        pytest.param("authority-expired", seen(trust=(WELL,)), [], id="an authority that is valid"),
        pytest.param("authority-expired", seen(trust=(trusting(()),)), ["a caBundle which is empty"], id="none at all"),
        pytest.param(
            "authority-expired", seen(trust=(trusting(OVER_TRUSTED),)), ["whose time is over"], id="one of old"
        ),
        pytest.param(
            "authority-expired",
            seen(trust=(trusting((*OVER_TRUSTED, *OURS_TRUSTED)),)),
            [],
            id="an old one beside a new",
        ),
        pytest.param(
            "authority-expired",
            seen(trust=(trusting(OURS_TRUSTED, ()),)),
            ["which is empty"],
            id="one entry of two has none",
        ),
        pytest.param("certificate-untrusted", seen(trust=(WELL,), certificate=certificate(OURS)), [], id="it chains"),
        pytest.param(
            "certificate-untrusted",
            seen(trust=(trusting(ANOTHER_TRUSTED),), certificate=certificate(OURS)),
            ["does not hold the authority that signed tls.crt of Secret nfs-steward-webhook-tls"],
            id="it does not chain",
        ),
        pytest.param("certificate-untrusted", seen(trust=(WELL,), certificate=b""), [], id="there is none to chain"),
        pytest.param("certificate-old", seen(certificate=certificate(OURS)), [], id="young"),
        pytest.param(
            "certificate-old",
            seen(certificate=certificate(OURS, timedelta(days=61))),
            ["warning: Secret nfs-steward/nfs-steward-webhook-tls: Two thirds of the life"],
            id="to be renewed",
        ),
        pytest.param(
            "certificate-old", seen(certificate=certificate(OURS, timedelta(days=91))), ["error: Secret"], id="expired"
        ),
    ],
)
def test_webhook(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
