"""The webhook's metrics, counted in each worker; `runtime.metrics` adds the workers up."""

from functools import cache
from itertools import product
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from runtime.policyfile import Loads
from webhook.admission import Reviewed
from webhook.answers import OutcomeName
from webhook.decision import Decision
from webhook.reviews import Side

_KINDS: Final = frozenset({"PersistentVolumeClaim", "PersistentVolume", "Pod"})
_OTHER: Final = "other"
_FAILED: Final[OutcomeName] = "failed"
# Seconds. A review takes less than a millisecond; one that had to ask the API server, some; none may take 2 s.
_BUCKETS: Final = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 2.0)


class ReviewMetrics:
    """What reviews came to. To be made in each worker, after the fork."""

    def __init__(self, registry: CollectorRegistry) -> None:
        reviews = Counter(
            "nfs_steward_webhook_reviews",
            "Reviews answered, by endpoint, kind of object, outcome, and the fields that were filled in.",
            ("side", "kind", "outcome", "filled"),
            registry=registry,
        )
        seconds = Histogram(
            "nfs_steward_webhook_review_seconds",
            "Time from a review's last byte to its answer.",
            ("side",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._refused = Counter(
            "nfs_steward_webhook_refused_requests",
            "Requests that held no review which could be answered, by HTTP status.",
            ("status",),
            registry=registry,
        )
        # `labels` costs more than the counting; there are few combinations.
        self._reviews = cache(reviews.labels)
        self._seconds = cache(seconds.labels)
        # Somebody is called for the first failure, by a rise in the count: where it begins with 1, it has not risen.
        for side, kind in product(get_args(Side), (*sorted(_KINDS), _OTHER)):
            self._reviews(side, kind, _FAILED, "")

    def reviewed(self, reviewed: Reviewed) -> None:
        """Count one review."""
        kind = reviewed.kind if reviewed.kind in _KINDS else _OTHER
        answer = reviewed.answer
        self._reviews(reviewed.side, kind, answer.outcome, _filled(answer.decision)).inc()
        self._seconds(reviewed.side).observe(reviewed.seconds)

    def refused(self, status: int) -> None:
        """Count one request that held no review."""
        self._refused.labels(str(status)).inc()


def _filled(decision: Decision) -> str:
    """The fields without the names in them: those of volumes, labels and annotations are without number."""
    return ",".join(sorted({fill.field.name.partition("[")[0] for fill in decision.fills}))


class StateMetrics:
    """What a worker serves with. To be made in each worker, after the fork."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._expiry = Gauge(
            "nfs_steward_webhook_certificate_expiry_timestamp_seconds",
            "When the served certificate ends (the worst worker's), in seconds since 1970; 0 while clients refuse it.",
            registry=registry,
            multiprocess_mode="livemin",
        )
        loads = Counter(
            "nfs_steward_webhook_policy_reloads",
            "Changed policy files, by what became of them; each worker counts its own.",
            ("outcome",),
            registry=registry,
        )
        self._accepted, self._refused = loads.labels("accepted"), loads.labels("refused")
        self._counted = Loads()

    def state(self, expiry: float, loads: Loads) -> None:
        """Take down how things are; `loads` are all since the worker's start."""
        self._expiry.set(expiry)
        self._accepted.inc(loads.accepted - self._counted.accepted)
        self._refused.inc(loads.refused - self._counted.refused)
        self._counted = loads
