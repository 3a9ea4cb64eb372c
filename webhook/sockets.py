"""TLS sockets that wait for their peer no longer than one request may take.

gunicorn makes a socket blocking at the start of each request and reads until the request is there. A client that sends
one byte now and then would hold a thread for ever, and a time-out for each read would not help: each byte renews it. So
the moment at which a socket becomes blocking starts one clock for all reads and writes that follow.
"""

import errno
import ssl
import time
from typing import Any, Final

REQUEST_SECONDS: Final = 3.0
"""The longest `timeoutSeconds` of our webhook configurations: nobody waits longer for an answer."""


class BoundedSocket(ssl.SSLSocket):
    """A server's TLS socket. Once made blocking, all that it does takes `allowance` seconds at most, together.

    A peer that takes longer is treated as one that went away: the operation raises ConnectionResetError.
    """

    allowance: float = REQUEST_SECONDS
    _deadline: float | None = None

    def setblocking(self, flag: bool) -> None:
        """Blocking means: from now on, for `allowance` seconds in all."""
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None) -> None:
        """None starts the clock for all operations; a number is, as always, a time-out for each of them."""
        self._deadline = None if value is not None else time.monotonic() + self.allowance
        super().settimeout(self.allowance if value is None else value)

    def do_handshake(self, block: bool = False) -> None:
        """As in SSLSocket, in the time that is left."""
        self._hurry()
        try:
            super().do_handshake(block)
        except TimeoutError:
            raise _too_late() from None

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 - SSLSocket calls it so
        """As in SSLSocket, in the time that is left."""
        self._hurry()
        try:
            return super().read(len, buffer)
        except TimeoutError:
            raise _too_late() from None

    def send(self, data: Any, flags: int = 0) -> int:
        """As in SSLSocket, in the time that is left."""
        self._hurry()
        try:
            return super().send(data, flags)
        except TimeoutError:
            raise _too_late() from None

    def _hurry(self) -> None:
        if self._deadline is None:
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _too_late()
        super().settimeout(left)


def _too_late() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "the peer took longer than a request may take")
