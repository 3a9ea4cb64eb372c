"""What can go wrong between us and the Kubernetes API.

    StewardError
    ├── CredentialsInvalid       no usable kubeconfig or service account: nothing was asked of any server
    └── ApiError                 a call did not succeed; `status` is the HTTP status, 0 where no answer came
        ├── Unauthorized  401    the server does not know who we are
        ├── Forbidden     403    it does, and says no
        ├── NotFound      404
        ├── AlreadyExists 409    create: the name is taken
        ├── Conflict      409    the object has changed since it was read
        ├── Gone          410    a resource version, or a page of a list, that the server no longer has
        ├── Invalid       422    the object breaks a rule of the API
        ├── TooManyRequests 429  come back after `retry_after` seconds
        ├── Unreadable           the answer is not the JSON that the API promises
        └── Unreachable     0    no answer: refused, timed out, reset, or TLS could not agree
            └── Silent           a watch on which nothing was said for too long, not even a bookmark

Statuses and reasons are those of the API's `Status` object:
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from collections.abc import Mapping
from typing import Any, Final

from policy.errors import StewardError

_LONGEST_BODY_SHOWN: Final = 200


class CredentialsInvalid(StewardError):
    """There is no usable kubeconfig or service account; the text says what was tried and what to give."""


class ApiError(StewardError):
    """A call to the API did not succeed. `call` is what was asked (`GET /api/v1/pods`), without its parameters.

    `reason` is the API's machine-readable word (`NotFound`), `message` its sentence, `retry_after` the number of
    seconds the server asks us to wait (`None`: it does not say).
    """

    status: int
    reason: str

    def __init__(self, call: str, message: str, *, status: int, reason: str, retry_after: float | None = None) -> None:
        self.call = call
        self.message = message
        self.status = status
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(f"{call}: {message or reason} ({status} {reason})")

    @property
    def transient(self) -> bool:
        """Whether the very same call may succeed later, with nothing changed by us."""
        return self.status == 429 or self.status >= 500


class Unauthorized(ApiError):
    """The server does not accept our credentials."""


class Forbidden(ApiError):
    """We may not do this: a role is missing, a quota is used up, or an admission plugin refused."""


class NotFound(ApiError):
    """There is no such object, or no such kind of object."""


class AlreadyExists(ApiError):
    """The name is taken."""


class Conflict(ApiError):
    """The object has changed since it was read, or a field belongs to another manager."""


class Gone(ApiError):
    """The server no longer has this resource version: list again."""


class Invalid(ApiError):
    """The object breaks a rule of the API; the message names the field."""


class TooManyRequests(ApiError):
    """The server, or an eviction budget, asks to come back later."""


class Unreadable(ApiError):
    """An answer that is not the JSON which the API promises, such as a proxy's HTML page."""

    def __init__(self, call: str, status: int, body: bytes) -> None:
        shown = body[:_LONGEST_BODY_SHOWN].decode("utf-8", "replace")
        super().__init__(call, f"the answer is not JSON: {shown!r}", status=status, reason="Unreadable")

    @property
    def transient(self) -> bool:
        """A proxy on the way may recover."""
        return True


class Unreachable(ApiError):
    """No answer came from `host`; `cause` is what the network layer said."""

    def __init__(self, call: str, host: str, cause: BaseException) -> None:
        self.host = host
        self.cause = cause
        super().__init__(call, f"no answer from {host}: {cause}", status=0, reason="Unreachable")

    @property
    def transient(self) -> bool:
        """The network may recover."""
        return True


class Silent(Unreachable):
    """A watch said nothing for longer than bookmarks take to come."""


_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}
# Two things share 409, and an expired watch says so by its reason, whatever its status.
_BY_REASON: Final[Mapping[str, type[ApiError]]] = {"AlreadyExists": AlreadyExists, "Expired": Gone, "Gone": Gone}


def error_of(call: str, status: int, body: Mapping[str, Any], retry_after: float | None = None) -> ApiError:
    """The error that a `Status` object describes; fields that are missing or of a wrong type are made up for."""
    code = body.get("code")
    code = code if isinstance(code, int) and code else status
    reason = _text(body.get("reason")) or f"HTTP {code}"
    kind = _BY_REASON.get(reason) or _BY_STATUS.get(code, ApiError)
    asked = retry_after if retry_after is not None else _asked_delay(body)
    return kind(call, _text(body.get("message")), status=code, reason=reason, retry_after=asked)


def _asked_delay(body: Mapping[str, Any]) -> float | None:
    details = body.get("details")
    delay = details.get("retryAfterSeconds") if isinstance(details, dict) else None
    return float(delay) if isinstance(delay, int) and delay > 0 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
