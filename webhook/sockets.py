"""TLS sockets that wait for their peer no longer than one request may take.

gunicorn makes a socket blocking at the start of each request and reads until the request is there. A client that sends
one byte now and then would hold a thread for ever, and a time-out for each read would not help: each byte renews it. So
there is one allowance for all reads and writes of a request. What we take ourselves in between does not count.

And they do not take an error of one connection for that of another. OpenSSL keeps errors in a queue for each thread,
and wants it to be empty before each operation (SSL_get_error(3)). Python does not see to that
(https://github.com/python/cpython/issues/148594): 3.13 raises an error that a system call met and leaves it there, so
that from then on every connection of the thread that has nothing to read yet looks broken.
"""

import errno
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

REQUEST_SECONDS: Final = 3.0
"""The longest `timeoutSeconds` of our webhook configurations: nobody waits longer for an answer."""

_LEAST_SECONDS: Final = 0.001

T = TypeVar("T")


class BoundedSocket(ssl.SSLSocket):
    """A server's TLS socket. Once made blocking, it waits for its peer for `allowance` seconds at most, in all.

    A peer that takes longer is treated as one that went away: the operation raises ConnectionResetError.
    """

    allowance: float = REQUEST_SECONDS
    _left: float | None = None

    def setblocking(self, flag: bool) -> None:
        """Blocking means: from now on, for `allowance` seconds in all."""
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None) -> None:
        """None: `allowance` seconds for all operations together; a number is, as always, a time-out for each."""
        self._left = self.allowance if value is None else None
        super().settimeout(self.allowance if value is None else value)

    def do_handshake(self, block: bool = False) -> None:
        """As in SSLSocket, in the time that is left."""
        self._in_time(super().do_handshake, block)

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 - SSLSocket calls it so
        """As in SSLSocket, in the time that is left."""
        return self._in_time(super().read, len, buffer)

    def send(self, data: Any, flags: int = 0) -> int:
        """As in SSLSocket, in the time that is left."""
        return self._in_time(super().send, data, flags)

    def _in_time(self, operation: Callable[..., T], *arguments: Any) -> T:
        left = self._left
        if left is None:
            return _on_its_own(operation, *arguments)
        started = time.monotonic()
        super().settimeout(left)
        try:
            return _on_its_own(operation, *arguments)
        except TimeoutError:
            raise ConnectionResetError(errno.ECONNRESET, "the peer took longer than a request may take") from None
        finally:
            # Never 0, which would mean not to wait at all.
            self._left = max(left - (time.monotonic() - started), _LEAST_SECONDS)


def _on_its_own(operation: Callable[..., T], *arguments: Any) -> T:
    """What `operation` returns or raises about its own connection; nothing that is left of another one's error."""
    try:
        return operation(*arguments)
    except (ssl.SSLError, TimeoutError):
        raise
    except OSError:
        _forget_errors()
    try:
        return operation(*arguments)  # a connection that is broken is so the second time, too
    except OSError:
        _forget_errors()
        raise


def _forget_errors() -> None:
    """Empty OpenSSL's queue of this thread: Python does so when it refuses a list of ciphers."""
    with suppress(ssl.SSLError):
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers("none of this name")
