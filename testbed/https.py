"""One GET from a server on this machine, never through a proxy."""

import ssl
from http.client import HTTPException
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener


def get(url: str, authority: str | None = None, token: str | None = None, timeout: float = 5.0) -> str:
    """The body of a 200; `authority` (PEM) is whom to trust for an https URL.

    Raises OSError for any other status, for no whole answer within `timeout` seconds, and where the server is not
    trusted; ValueError where `authority` is no certificate.
    """
    context = ssl.create_default_context(cadata=authority) if authority else None
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
    request = Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with opener.open(request, timeout=timeout) as answer:
            return str(answer.read().decode())
    except HTTPException as problem:  # the server went away in the middle of its answer
        raise ConnectionAbortedError(f"{url}: {problem!r}") from problem
