"""Alerts about what the webhook makes of requests, and how fast."""

import pytest

from .row import INFO, WARNING, Row, told


def reviews(outcome: str, kind: str = "Pod") -> str:
    return told("webhook_reviews_total", "webhook-a", side="validate", kind=kind, outcome=outcome, filled="")


def reloads(outcome: str) -> str:
    return told("webhook_policy_reloads_total", "webhook-a", outcome=outcome)


def answered_within(seconds: str) -> str:
    return told("webhook_review_seconds_bucket", "webhook-a", side="mutate", le=seconds)


FIRING = [
    pytest.param(
        Row(
            "NfsStewardWebhookFailing",
            10,
            {reviews("failed"): "0x2 1x20"},
            WARNING,
            "The webhook could not carry out 1 reviews in ten minutes.",
        ),
        id="the first review that fails",
    ),
    pytest.param(
        Row(
            "NfsStewardPolicyRefused",
            30,
            {reloads("refused"): "0x2 1x40"},
            WARNING,
            "The policy has changed into one that is not valid; the last good one stays in use.",
        ),
        id="the first policy that is refused",
    ),
    pytest.param(
        Row(
            "NfsStewardManyRefusals",
            60,
            {reviews("denied", "Pod"): "0+2x60", reviews("denied", "PersistentVolumeClaim"): "0+1x60"},
            {**INFO, "kind": "Pod"},
            "The webhook has refused 120 objects of the kind Pod in an hour.",
        ),
        id="somebody tries again and again",
    ),
    pytest.param(
        Row(
            "NfsStewardWebhookSlow",
            25,
            {
                answered_within("0.25"): "0+97x30",
                answered_within("1.0"): "0+100x30",
                answered_within("+Inf"): "0+100x30",
            },
            WARNING,
            "One review in a hundred takes longer than 750ms.",
        ),
        id="three reviews of a hundred take up to a second",
    ),
]

QUIET = [
    pytest.param(
        Row("NfsStewardWebhookFailing", 20, {reviews("failed"): "0x2 1x20"}), id="a review that failed a while ago"
    ),
    pytest.param(
        Row("NfsStewardWebhookFailing", 10, {reviews("failed"): "0x20", reviews("postponed"): "0+1x20"}),
        id="reviews that were put off",
    ),
    pytest.param(
        Row("NfsStewardPolicyRefused", 30, {reloads("refused"): "0x40", reloads("accepted"): "0x2 1x40"}),
        id="a policy that is good",
    ),
    pytest.param(
        Row("NfsStewardManyRefusals", 60, {reviews("denied"): "0+1x60", reviews("postponed"): "0+5x60"}),
        id="60 in an hour, and many that were put off",
    ),
    pytest.param(
        Row(
            "NfsStewardWebhookSlow",
            25,
            {
                answered_within("0.25"): "0+999x30",
                answered_within("1.0"): "0+1000x30",
                answered_within("+Inf"): "0+1000x30",
            },
        ),
        id="one review of a thousand takes up to a second",
    ),
]
