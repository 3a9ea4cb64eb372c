"""Alerts about the certificate that the webhook serves, and the authority behind it."""

import pytest

from .row import CRITICAL, NAMESPACE, WARNING, Row, told


def expiry(pod: str = "webhook-a") -> str:
    return told("webhook_certificate_expiry_timestamp_seconds", pod)


def kept(certificate: str) -> str:
    return told("certificate_expiry_timestamp_seconds", "cluster-a", certificate=certificate)


FIRING = [
    pytest.param(
        Row(
            "NfsStewardWebhookAway",
            6,
            {expiry("webhook-a"): "0x20", expiry("webhook-b"): "0x20"},
            CRITICAL,
            "No replica of nfs-steward-webhook serves a certificate that the API server would trust.",
        ),
        id="no replica serves a certificate that is trusted",
    ),
    pytest.param(
        Row(
            "NfsStewardWebhookAway",
            6,
            {},
            CRITICAL,
            "No replica of nfs-steward-webhook serves a certificate that the API server would trust.",
        ),
        id="there is no replica",
    ),
    pytest.param(
        Row(
            "NfsStewardCertificateExpiring",
            20,
            {expiry("webhook-a"): "36000x30", expiry("webhook-b"): "99000x30"},
            {**WARNING, "namespace": NAMESPACE, "pod": "webhook-a"},
            "The webhook's certificate ends in 9h 40m 0s and has not been renewed.",
        ),
        id="one of two replicas has less than a quarter of the life left",
    ),
    pytest.param(
        Row(
            "NfsStewardAuthorityExpiring",
            20,
            {kept("authority"): "360000x30", kept("serving"): "99000x30"},
            {**WARNING, "namespace": NAMESPACE, "pod": "cluster-a", "certificate": "authority"},
            "The authority of the webhook's certificate ends in 4d 3h 40m 0s.",
        ),
        id="the authority has less than a quarter of its life left",
    ),
]

QUIET = [
    pytest.param(
        Row("NfsStewardWebhookAway", 20, {expiry("webhook-a"): "0x20", expiry("webhook-b"): "99000x20"}),
        id="one of two replicas is well",
    ),
    pytest.param(Row("NfsStewardWebhookAway", 4, {expiry(): "0x20"}), id="not for five minutes yet"),
    pytest.param(
        Row("NfsStewardCertificateExpiring", 20, {expiry(): "38000x30"}), id="a little more than a quarter of the life"
    ),
    pytest.param(
        Row("NfsStewardCertificateExpiring", 20, {expiry(): "0x30"}), id="a certificate that is not trusted, as is told"
    ),
    pytest.param(
        Row("NfsStewardCertificateExpiring", 30, {expiry(): "36000x10 180000x30"}), id="renewed within ten minutes"
    ),
    pytest.param(
        Row("NfsStewardAuthorityExpiring", 20, {kept("authority"): "362000x30", kept("serving"): "36000x30"}),
        id="only the certificate is old, and not its authority",
    ),
]
