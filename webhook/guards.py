"""What is checked before a review is looked into: type, size, JSON, envelope, uid."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from policy.errors import shorten
from policy.shapes import Json
from webhook.errors import RequestRefused
from webhook.wire import REVIEW_KIND, REVIEW_VERSION

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment

# The API server takes request bodies up to 3 MiB (MaxRequestBodyBytes in k8s.io/apiserver's server/config.go). A review
# holds at most two such objects, the new and the old; one more MiB is for the rest: who asks, with which options, and
# the managedFields that the server has put in.
LARGEST_BODY: Final = 7 * 1024 * 1024

_PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Review:
    """A review that can be answered, for its uid is known; nothing else in `request` has been looked at."""

    uid: str
    api_version: str
    request: Json


def read_body(environ: "WSGIEnvironment") -> bytes:
    """The body of a WSGI request; raises `RequestRefused` for what cannot be a review by its head or size."""
    if environ["REQUEST_METHOD"] != "POST":
        raise RequestRefused(405, "reviews come by POST")
    _check_type(environ.get("CONTENT_TYPE", ""))
    length = environ.get("CONTENT_LENGTH") or ""
    # Without a length the body comes in chunks, and its end is found by reading (wsgi.input_terminated).
    wanted = int(length) if length.isdigit() else LARGEST_BODY + 1
    body: bytes = environ["wsgi.input"].read(min(wanted, LARGEST_BODY + 1))
    if len(body) > LARGEST_BODY:
        _discard(environ["wsgi.input"])
        raise RequestRefused(413, f"the body is larger than {LARGEST_BODY} bytes, which no review is")
    return body


def _discard(stream: "InputStream") -> None:
    """Read on, for as long as the server lets a request take: most clients listen only once all is sent."""
    while stream.read(_PIECE):
        pass


def read_review(body: bytes) -> Review:
    """Read the envelope; raises `RequestRefused` for whatever has no uid to answer to."""
    if not body:
        raise RequestRefused(400, "the body is empty; an AdmissionReview was expected")
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


def _check_type(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RequestRefused(415, f"Content-Type is {shorten(content_type)}; only application/json is read here")


def _with_uid(request: Any, version: str) -> Review:
    if not isinstance(request, dict):
        raise RequestRefused(400, "the AdmissionReview holds no request")
    uid = request.get("uid")
    if not isinstance(uid, str) or not uid:
        raise RequestRefused(400, "the request has no uid to answer to")
    return Review(uid, version, request)
