"""Carries out an answer over a bare connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

from agentscale.server.answers import Spoken


async def speak(answer: Spoken, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Writes an answer, piece by piece, and ends the connection as it says.

    Returns:
        Whether the connection may carry another request.

    Raises:
        ConnectionError: The caller is gone before the last piece was written.
    """
    for number, piece in enumerate(answer.wire()):
        if number and answer.pause_s:
            await asyncio.sleep(answer.pause_s)
        writer.write(piece)
        await writer.drain()
    if answer.end == "hang":
        await _until_gone(reader)
    elif answer.end == "reset":
        reset(writer.transport)
    return answer.end == "keep"


async def _until_gone(reader: asyncio.StreamReader) -> None:
    """Waits until the caller closes the connection, however it does that."""
    with suppress(ConnectionError):
        while await reader.read(65536):
            pass


def reset(transport: asyncio.WriteTransport) -> None:
    """Ends a connection at once, so that the other side reads a reset. Without lingering that would be a plain end."""
    at_once = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    transport.abort()
