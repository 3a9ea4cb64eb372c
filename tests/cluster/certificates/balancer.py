"""A Service's ClusterIP on this machine: what kube-proxy is elsewhere. Each connection goes to the next address."""

import socket
import threading
from contextlib import suppress
from itertools import cycle

Address = tuple[str, int]

_CHUNK = 65536


class Balancer:
    """Forwards TCP from one address to several in turn. One that does not answer is passed over."""

    def __init__(self, at: Address, to: list[Address]) -> None:
        self._listener = socket.create_server(at)
        self._count = len(to)
        self._turns = cycle(to)
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, name="balancer", daemon=True).start()

    def close(self) -> None:
        """End it, and all connections."""
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(near,), daemon=True).start()

    def _forward(self, near: socket.socket) -> None:
        far = self._connected()
        if far is None:
            near.close()
            return
        self._open += [near, far]
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=_pump, args=(source, sink), daemon=True).start()

    def _connected(self) -> socket.socket | None:
        for _ in range(self._count):
            with suppress(OSError):
                return socket.create_connection(next(self._turns), 2)
        return None


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
