"""Which requests the event loop may serve itself: those that have arrived whole."""

import pytest

from webhook.worker import is_whole

HEAD = b"POST /mutate HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        pytest.param(HEAD + b"Content-Length: 2\r\n\r\n{}", True, id="all of it"),
        pytest.param(HEAD + b"content-length:2\r\n\r\n{}", True, id="a header in small letters"),
        pytest.param(HEAD + b"Content-Length: 0\r\n\r\n", True, id="no body"),
        pytest.param(HEAD + b"Content-Length: 2\r\n\r\n{}GET", True, id="the next request begins"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", True, id="GET"),
        pytest.param(b"", False, id="nothing"),
        pytest.param(HEAD, False, id="part of the head"),
        pytest.param(HEAD + b"Content-Length: 2\r\n\r", False, id="all but the head's last byte"),
        pytest.param(HEAD + b"Content-Length: 2\r\n\r\n{", False, id="part of the body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", False, id="chunks"),
        pytest.param(HEAD + b"X-Length: 1\r\n\r\nContent-Length: 2\r\n", False, id="a length in the body"),
        pytest.param(HEAD + b"Content-Length: x\r\n\r\n{}", False, id="a length that is none"),
        pytest.param(HEAD + b"Content-Length: 99999999999\r\n\r\n{}", False, id="a length beyond measure"),
    ],
)
def test_a_request_is_whole_when_its_body_is(data: bytes, whole: bool) -> None:
    assert is_whole(data) is whole
