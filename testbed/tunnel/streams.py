"""Joining two connections into one."""

import asyncio
from typing import Final

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_AT_ONCE: Final = 1 << 16  # bytes


async def splice(one: Stream, other: Stream) -> None:
    """Pass on what comes from each to the other, the end of it too; closes both when both have ended."""
    try:
        await asyncio.gather(_pass_on(one[0], other[1]), _pass_on(other[0], one[1]))
    except OSError:
        pass  # one side has hung up: so does the other
    finally:
        one[1].close()
        other[1].close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_AT_ONCE):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
