"""Would a client accept this certificate? TLS itself is asked, by a handshake in memory."""

import ssl
from contextlib import suppress
from typing import Final

from webhook.errors import CertificateRefused

# A handshake takes two round trips in TLS 1.2, fewer in TLS 1.3; a turn too many does nothing.
_TURNS: Final = 3


def verified_expiry(server: ssl.SSLContext, authorities: bytes) -> float:
    """When the certificate that `server` presents ends, in seconds since 1970.

    `authorities` (PEM) are those that the client trusts. Raises `CertificateRefused` where it would hang up: signed by
    another authority, not yet or no longer valid, not for servers. Names are not looked at: a server cannot know by
    which one it is called.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = _client(authorities).wrap_bio(to_client, to_server)
    callee = server.wrap_bio(to_server, to_client, server_side=True)
    try:
        for _ in range(_TURNS):
            _take_turn(caller)
            _take_turn(callee)
    except ssl.SSLCertVerificationError as error:
        raise CertificateRefused(f"clients refuse the certificate: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise CertificateRefused(f"no handshake comes about: {error}") from error
    return _end(caller)


def _client(authorities: bytes) -> ssl.SSLContext:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    try:
        client.load_verify_locations(cadata=authorities.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise CertificateRefused(f"the authorities' file holds no certificate: {error}") from error
    return client


def _take_turn(side: ssl.SSLObject) -> None:
    """Go on with the handshake until the other side has to say something."""
    with suppress(ssl.SSLWantReadError):
        side.do_handshake()


def _end(caller: ssl.SSLObject) -> float:
    certificate = caller.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))
