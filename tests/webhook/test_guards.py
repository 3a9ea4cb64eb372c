"""Bodies that come without a length, or with more than there may be."""

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


@pytest.mark.parametrize("length", [{}, {"CONTENT_LENGTH": str(LARGEST_BODY + 100)}], ids=["in chunks", "in one"])
def test_a_body_that_is_too_large_is_read_to_its_end_and_refused(length: dict[str, str]) -> None:
    environ = in_chunks(b" " * (LARGEST_BODY + 100)) | length
    with pytest.raises(RequestRefused) as refused:
        read_body(environ)
    assert refused.value.status == 413
    assert environ["wsgi.input"].read() == b""
