"""One review, from its bytes to the bytes of its answer. No exception leaves here once the uid is known."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

from kube.errors import ApiError
from policy.errors import StewardError, WrongShape
from policy.shapes import Json
from runtime.logs import get_logger
from webhook.answers import Answer, FailurePolicy, answer, failure
from webhook.cluster import ClusterView
from webhook.errors import ClusterUnknown
from webhook.guards import Review, read_review
from webhook.reviews import Side, evaluate
from webhook.wire import REVIEW_KIND, AdmissionReview

# As the chart's MutatingWebhookConfiguration has it for each kind: a wrong class cannot be mended later, for it is
# immutable; Pods must never be blocked by us, and the controller mends volumes.
_MUTATE_FAILURE: Final[Mapping[str, FailurePolicy]] = {"PersistentVolumeClaim": "Fail"}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review with its answer, for the log and the metrics; `seconds` is the time that the answer took."""

    side: Side
    request: Json
    kind: str
    answer: Answer
    seconds: float
    error: Exception | None = None


_LOG = get_logger(__name__)

Observer: TypeAlias = Callable[[Reviewed], None]


class Admission:
    """Answers reviews by the rules. Safe to use from many threads."""

    def __init__(
        self, view: ClusterView, observers: Sequence[Observer] = (), *, validate_failure: FailurePolicy = "Fail"
    ) -> None:
        self._view = view
        self._observers = tuple(observers)
        self._validate_failure = validate_failure

    def respond(self, side: Side, body: bytes) -> bytes:
        """The answering AdmissionReview as JSON; raises `RequestRefused` for a body that has no uid to answer to."""
        started = time.perf_counter()
        review = read_review(body)
        kind = _kind(review.request)
        error: Exception | None = None
        try:
            given = self._decide(side, review)
            written = _written(review, given)
        except Exception as raised:  # whatever it is, the API server waits for an answer with this uid
            error, given = raised, self._failed(side, kind, review, raised)
            written = _written(review, given)
        self._tell(Reviewed(side, review.request, kind, given, time.perf_counter() - started, error))
        return written

    def _decide(self, side: Side, review: Review) -> Answer:
        decision = evaluate(review.request, self._view, side)
        return answer(review.uid, review.request.get("object") or {}, decision)

    def _failed(self, side: Side, kind: str, review: Review, error: Exception) -> Answer:
        if not isinstance(error, StewardError):
            _LOG.exception("rule raised", uid=review.uid, kind=kind)
        policy = self._validate_failure if side == "validate" else _MUTATE_FAILURE.get(kind, "Ignore")
        message = f"nfs-steward cannot review this {kind or 'object'}: {reason_of(error)}"
        return failure(review.uid, message, _code(error), policy)

    def _tell(self, reviewed: Reviewed) -> None:
        for observe in self._observers:
            try:
                observe(reviewed)
            except Exception:
                _LOG.exception("observer raised", uid=reviewed.request["uid"])


def _written(review: Review, given: Answer) -> bytes:
    answered: AdmissionReview = {"apiVersion": review.api_version, "kind": REVIEW_KIND, "response": given.response}
    return orjson.dumps(answered)


def _kind(request: Json) -> str:
    """The kind that the request names, empty where it names none."""
    kind: Any = request.get("kind")
    name = kind.get("kind") if isinstance(kind, dict) else None
    return name if isinstance(name, str) else ""


def reason_of(error: Exception) -> str:
    """What went wrong, for whoever sent the object; a bug is told by its kind alone, its text is for the log."""
    return str(error) if isinstance(error, StewardError) else f"internal error ({type(error).__name__})"


def _code(error: Exception) -> int:
    if isinstance(error, WrongShape):
        return 400
    if isinstance(error, ClusterUnknown):
        return 503
    return 504 if isinstance(error, ApiError) else 500
