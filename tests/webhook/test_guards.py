"""Bodies that come without a length: in chunks, whose end only reading finds."""

from io import BytesIO
from typing import Any

import pytest

from webhook.errors import RequestRefused
from webhook.guards import LARGEST_BODY, read_body


def in_chunks(body: bytes) -> dict[str, Any]:
    """The WSGI environment of a POST without Content-Length."""
    return {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json", "wsgi.input": BytesIO(body)}


def test_a_body_in_chunks_is_read_to_its_end() -> None:
    assert read_body(in_chunks(b"{}")) == b"{}"


def test_a_body_in_chunks_is_not_read_beyond_the_limit() -> None:
    environ = in_chunks(b" " * (LARGEST_BODY + 100))
    with pytest.raises(RequestRefused) as refused:
        read_body(environ)
    assert refused.value.status == 413
    assert environ["wsgi.input"].tell() == LARGEST_BODY + 1


def test_a_body_that_says_it_is_too_large_is_not_read_at_all() -> None:
    environ = in_chunks(b" " * 10) | {"CONTENT_LENGTH": str(LARGEST_BODY + 1)}
    with pytest.raises(RequestRefused):
        read_body(environ)
    assert environ["wsgi.input"].tell() == 0
