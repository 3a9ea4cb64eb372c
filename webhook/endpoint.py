"""The endpoints for reviews, as plain WSGI in front of the Flask application.

Flask opens two contexts, routes, looks for a session and wraps body and answer: about as much work as the review
itself, and nothing of it is for a review. docs/performance.md has the figures.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from webhook.admission import Admission
from webhook.errors import RequestRefused
from webhook.guards import read_body
from webhook.reviews import Side

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TEXT: Final = "text/plain; charset=utf-8"
_JSON: Final = "application/json"
_SIDES: Final[Mapping[str, Side]] = {"/mutate": "mutate", "/validate": "validate"}
_REASONS: Final[Mapping[int, str]] = {
    400: "400 Bad Request",
    405: "405 Method Not Allowed",
    413: "413 Content Too Large",
    415: "415 Unsupported Media Type",
}


class ReviewEndpoints:
    """Answers `POST /mutate` and `POST /validate`, each for all kinds of objects; hands all else to `others`."""

    def __init__(self, admission: Admission, on_refused: Callable[[int], None], others: "WSGIApplication") -> None:
        self._admission = admission
        self._on_refused = on_refused
        self._others = others

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """One request. A body without a uid to answer to gets an HTTP 4xx in plain text, all others HTTP 200."""
        side = _SIDES.get(environ["PATH_INFO"])
        if side is None:
            return self._others(environ, start_response)
        try:
            answer = self._admission.respond(side, read_body(environ))
        except RequestRefused as error:
            return self._refuse(error, start_response)
        start_response("200 OK", [("Content-Type", _JSON), ("Content-Length", str(len(answer)))])
        return (answer,)

    def _refuse(self, error: RequestRefused, start_response: "StartResponse") -> Iterable[bytes]:
        self._on_refused(error.status)
        text = f"{error}\n".encode("utf-8", "replace")
        headers = [("Content-Type", TEXT), ("Content-Length", str(len(text))), ("Allow", "POST")]
        start_response(_REASONS[error.status], headers)
        return (text,)
