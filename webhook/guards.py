"""What is checked before a review is looked into: type, size, JSON, envelope, uid."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from policy.errors import shorten
from policy.shapes import Json
from webhook.errors import RequestRefused
from webhook.wire import REVIEW_KIND, REVIEW_VERSION

# The API server takes request bodies up to 3 MiB (MaxRequestBodyBytes in k8s.io/apiserver's server/config.go). A review
# holds at most two such objects, the new and the old; one more MiB is for the rest: who asks, with which options, and
# the managedFields that the server has put in.
LARGEST_BODY: Final = 7 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Review:
    """A review that can be answered, for its uid is known; nothing else in `request` has been looked at."""

    uid: str
    api_version: str
    request: Json


def check_head(content_type: str | None, length: int | None) -> None:
    """Refuse by the request's head what need not be read: another type than JSON, nothing at all, or too much."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise RequestRefused(415, f"Content-Type is {shorten(content_type or '')}; only application/json is read here")
    if length == 0:
        raise RequestRefused(400, "the body is empty; an AdmissionReview was expected")
    if length is not None and length > LARGEST_BODY:
        raise RequestRefused(413, f"the body has {length} bytes; at most {LARGEST_BODY} are read")


def read_review(body: bytes) -> Review:
    """Read the envelope; raises `RequestRefused` for whatever has no uid to answer to."""
    check_head("application/json", len(body))
    try:
        review = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(400, f"the body is not JSON: {error}") from None
    if not isinstance(review, dict) or review.get("kind") != REVIEW_KIND:
        raise RequestRefused(400, "the body is no AdmissionReview")
    version = review.get("apiVersion")
    if version != REVIEW_VERSION:
        raise RequestRefused(400, f"apiVersion is {shorten(version)}; only {REVIEW_VERSION} is spoken here")
    return _with_uid(review.get("request"), version)


def _with_uid(request: Any, version: str) -> Review:
    if not isinstance(request, dict):
        raise RequestRefused(400, "the AdmissionReview holds no request")
    uid = request.get("uid")
    if not isinstance(uid, str) or not uid:
        raise RequestRefused(400, "the request has no uid to answer to")
    return Review(uid, version, request)
