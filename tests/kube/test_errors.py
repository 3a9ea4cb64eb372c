import pytest

from kube.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    Unreadable,
    error_of,
)
from policy.errors import StewardError

CALL = "GET /api/v1/pods"


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        pytest.param(401, "Unauthorized", Unauthorized, id="not known"),
        pytest.param(403, "Forbidden", Forbidden, id="not allowed"),
        pytest.param(404, "NotFound", NotFound, id="absent"),
        pytest.param(409, "Conflict", Conflict, id="changed meanwhile"),
        pytest.param(409, "AlreadyExists", AlreadyExists, id="name taken"),
        pytest.param(410, "Expired", Gone, id="expired"),
        pytest.param(410, "Gone", Gone, id="gone"),
        pytest.param(500, "Expired", Gone, id="expired, said with another status"),
        pytest.param(422, "Invalid", Invalid, id="breaks a rule"),
        pytest.param(429, "TooManyRequests", TooManyRequests, id="too fast"),
        pytest.param(500, "InternalError", ApiError, id="a status without a class of its own"),
    ],
)
def test_a_status_object_becomes_the_error_of_its_reason_or_code(
    status: int, reason: str, kind: type[ApiError]
) -> None:
    error = error_of(CALL, status, {"kind": "Status", "code": status, "reason": reason, "message": "because"})
    assert type(error) is kind
    assert (error.status, error.reason, error.message) == (status, reason, "because")
    assert str(error) == f"{CALL}: because ({status} {reason})"


def test_the_seconds_to_wait_come_from_the_header_before_the_body() -> None:
    body = {"details": {"retryAfterSeconds": 7}}
    assert error_of(CALL, 429, body, retry_after=2.0).retry_after == 2.0
    assert error_of(CALL, 429, body).retry_after == 7.0
    assert error_of(CALL, 429, {}).retry_after is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"code": "x", "reason": 5, "message": None, "details": []}, id="wrong types"),
        pytest.param({"code": 0, "details": {"retryAfterSeconds": "soon"}}, id="zero code"),
    ],
)
def test_a_status_object_that_says_nothing_useful_still_gives_an_error(body: dict[str, object]) -> None:
    error = error_of(CALL, 503, body)
    assert (error.status, error.reason, error.message, error.retry_after) == (503, "HTTP 503", "", None)


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        pytest.param(error_of(CALL, 429, {}), True, id="429"),
        pytest.param(error_of(CALL, 503, {}), True, id="503"),
        pytest.param(error_of(CALL, 403, {}), False, id="403"),
        pytest.param(error_of(CALL, 409, {}), False, id="409"),
        pytest.param(Unreachable(CALL, "10.0.0.1:6443", OSError("refused")), True, id="no answer"),
        pytest.param(Unreadable(CALL, 200, b"<html>"), True, id="not JSON"),
    ],
)
def test_transient_says_whether_the_same_call_may_succeed_later(error: ApiError, transient: bool) -> None:
    assert error.transient is transient


def test_every_error_belongs_to_the_one_tree() -> None:
    assert issubclass(ApiError, StewardError)


def test_an_unreadable_answer_is_shown_only_in_part() -> None:
    assert len(str(Unreadable(CALL, 502, b"x" * 10_000))) < 400


def test_an_unreachable_server_is_named_with_the_cause() -> None:
    error = Unreachable(CALL, "10.0.0.1:6443", OSError("Connection refused"))
    assert "10.0.0.1:6443" in str(error)
    assert "Connection refused" in str(error)
