"""The program at the node's end: `python -m testbed.tunnel.node_end HOST LINES_PORT API_SERVER_PORT SERVICE PORT`.

It keeps lines open to the other end, on HOST, and dials whatever a caller asks for through one of them. What connects
to the address SERVICE and PORT it passes on to the API server on HOST.
"""

import asyncio
import sys
from dataclasses import dataclass
from typing import Final

from testbed.tunnel.streams import Stream, splice

_SPARE_LINES: Final = 4


async def keep_lines(host: str, port: int) -> None:
    """Keep spare lines open for good."""
    missing = asyncio.Semaphore(_SPARE_LINES)
    async with asyncio.TaskGroup() as lines:
        while True:
            await missing.acquire()
            lines.create_task(_serve_line(await asyncio.open_connection(host, port), missing))


async def _serve_line(line: Stream, missing: asyncio.Semaphore) -> None:
    reader, writer = line
    try:
        request = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, OSError):
        writer.close()
        return
    finally:
        missing.release()  # in use now, or gone
    _, target, *_ = request.decode("ascii").split()
    address, _, port = target.rpartition(":")
    try:
        dialed = await asyncio.open_connection(address, int(port))
    except OSError as problem:
        writer.write(f"HTTP/1.1 502 {problem}\r\n\r\n".encode())
        writer.close()
        return
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await splice(line, dialed)


@dataclass(frozen=True, slots=True)
class ApiServer:
    """The API server on another host."""

    host: str
    port: int

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what a client and the API server say; hang up where there is none."""
        try:
            connection = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        await splice((reader, writer), connection)


async def serve(host: str, lines_port: int, api_server_port: int, service: str, port: int) -> None:
    """Serve both ways for good."""
    async with await asyncio.start_server(ApiServer(host, api_server_port).connect, service, port):
        await keep_lines(host, lines_port)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])))
