"""One GET from a server on this machine, never through a proxy."""

import ssl
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener


def get(url: str, authority: str | None = None, token: str | None = None, timeout: float = 5.0) -> str:
    """The body of a 200; `authority` (PEM) is whom to trust for an https URL.

    Raises OSError for any other status, for no answer within `timeout` seconds, and where the server is not trusted;
    ValueError where `authority` is no certificate.
    """
    context = ssl.create_default_context(cadata=authority) if authority else None
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
    request = Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with opener.open(request, timeout=timeout) as answer:
        return str(answer.read().decode())
