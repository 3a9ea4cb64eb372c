"""Passing connections on to Pods: the part of a kube-proxy that moves bytes."""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from itertools import count
from typing import Any, Final

from testbed.pods.routes import Endpoint, Routes

_LOG: Final = logging.getLogger(__name__)


class Forwarder:
    """Listens on what `set` names, in a thread of its own. A connection stays with the Pod that it was given to."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="forwarder", daemon=True)
        self._ports: dict[Endpoint, _Port] = {}

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def set(self, routes: Routes) -> None:
        """Send new connections where `routes` says; returns at once. May be called from any thread."""
        self._run(self._apply(routes))

    def stop(self) -> None:
        """Listen no more. Connections end with the process."""
        self._run(self._apply({}))
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _apply(self, routes: Routes) -> None:
        for endpoint, targets in routes.items():
            port = self._ports.setdefault(endpoint, _Port(endpoint))
            await port.send_to(targets)
        for endpoint in self._ports.keys() - routes.keys():
            await self._ports.pop(endpoint).send_to(())


class _Port:
    """One port of a Service. It is listened on while there is somebody to pass connections on to: a Service without a
    ready Pod refuses them.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._targets: Sequence[Endpoint] = ()
        self._turns = count()
        self._server: asyncio.Server | None = None

    async def send_to(self, targets: Sequence[Endpoint]) -> None:
        self._targets = targets
        if targets and self._server is None:
            await self._listen()
        elif not targets and self._server is not None:
            self._server.close()
            self._server = None

    async def _listen(self) -> None:
        host, port = self._endpoint
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Incoming(self._next), host, port, backlog=1024)
        except OSError as problem:  # tried again with the next change
            _LOG.warning("a Service's address cannot be listened on: %s", problem)

    def _next(self) -> Endpoint:
        targets = self._targets
        return targets[next(self._turns) % len(targets)] if targets else ("", 0)


class _Side(asyncio.Protocol):
    """One side of a connection; what it reads is written to the other. It ends when both have nothing more to say."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: _Side | None = None
        self._finished = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._opposite().write(data)

    def eof_received(self) -> bool:
        self._finished = True
        assert self.other is not None
        self._opposite().write_eof()
        return not self.other._finished

    def connection_lost(self, problem: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            (self.other.transport.abort if problem else self.other.transport.close)()

    def pause_writing(self) -> None:
        self._opposite().pause_reading()

    def resume_writing(self) -> None:
        self._opposite().resume_reading()

    def _opposite(self) -> asyncio.Transport:
        # Nothing is read, and so nothing else happens, before there are two sides.
        assert self.other is not None
        assert self.other.transport is not None
        return self.other.transport


class _Incoming(_Side):
    """The side of the client; it reads nothing before there is a Pod on the other side."""

    def __init__(self, choose: Any) -> None:
        super().__init__()
        self._choose = choose
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport is not None
        self.transport.pause_reading()
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        assert self.transport is not None
        host, port = self._choose()
        outgoing = _Side()
        outgoing.other = self
        try:
            await asyncio.get_running_loop().create_connection(lambda: outgoing, host, port)
        except OSError:
            self.transport.abort()  # what a client sees whose packets reach nobody who listens
            return
        self.other = outgoing
        if self.transport.is_closing():
            assert outgoing.transport is not None
            outgoing.transport.close()
        else:
            self.transport.resume_reading()
