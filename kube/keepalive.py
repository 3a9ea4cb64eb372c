"""Socket options that make the operating system notice a dead peer on a connection where nothing is said."""

import socket
from typing import Final

from urllib3.connection import HTTPConnection


def _options() -> list[tuple[int, int, int]]:
    # After 30 quiet seconds a probe every 10; three without an answer end the connection: a minute in all. The names
    # differ between systems; where one is missing, the system's own pace holds.
    wanted = [("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)]
    pace = [(socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in wanted if hasattr(socket, name)]
    return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *pace]


KEEPALIVE: Final = [*HTTPConnection.default_socket_options, *_options()]
