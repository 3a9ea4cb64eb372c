"""The program at this machine's end: `python -m testbed.tunnel.host_end SOCKET PORT`.

Callers connect to the Unix socket, the node's lines to the port on 127.0.0.1; each caller gets a line of its own.
"""

import asyncio
import sys

from testbed.ports import LOOPBACK
from testbed.tunnel.streams import Stream, splice


class HostEnd:
    """The lines that wait for callers, and callers that wait for lines."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[Stream] = asyncio.Queue()

    async def add_line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep a line that the node has opened."""
        await self._lines.put((reader, writer))

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Give a caller a line, and pass on what the two say."""
        line = await self._lines.get()
        while line[0].at_eof():  # the node has hung up
            line = await self._lines.get()
        await splice((reader, writer), line)


async def serve(path: str, port: int) -> None:
    """Serve for good."""
    end = HostEnd()
    callers = await asyncio.start_unix_server(end.connect, path)
    lines = await asyncio.start_server(end.add_line, LOOPBACK, port)
    async with callers, lines:
        await lines.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
