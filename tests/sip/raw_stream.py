"""A TCP peer that writes every byte itself, and closes its connections when the test says so."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.sip.callers import PATIENCE_SECONDS
from widget.sip.framing import Framer
from widget.sip.message import Request, Response, parse_message


@dataclass
class RawStream:
    """Listens at `port`; what comes over any connection is in one queue. Writes to the newest connection."""

    port: int = 0
    came: asyncio.Queue[Request | Response] = field(default_factory=asyncio.Queue)
    connections: int = 0
    writer: asyncio.StreamWriter | None = None
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one connection to its end."""
        self.connections += 1
        self.writer = writer
        self.open.add(writer)
        framer = Framer()
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                for message in framer.feed(data):
                    self.came.put_nowait(parse_message(message))

    async def next(self, start: str) -> Request | Response:
        """The next message, which must be this method or code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message = await self.came.get()
        found = message.method if isinstance(message, Request) else str(message.code)
        assert found == start
        return message

    async def request(self, method: str) -> Request:
        message = await self.next(method)
        assert isinstance(message, Request)
        return message

    def reply(self, request: Request, code: int, body: str = "") -> None:
        """A response to this request, with our tag."""
        to = request.header("To")
        remote = to if request.to_tag else f"{to};tag=far"
        copied = [f"{name}: {request.header(name)}" for name in ("Via", "From", "Call-ID", "CSeq")]
        typed = ["Content-Type: application/sdp"] if body else []
        contact = f"Contact: <sip:far@127.0.0.1:{self.port};transport=tcp>"
        self.write(f"SIP/2.0 {code} X", *copied, f"To: {remote}", contact, *typed, body=body)

    def write(self, *lines: str, body: str = "") -> None:
        assert self.writer is not None
        self.writer.write("\r\n".join((*lines, f"Content-Length: {len(body)}", "", body)).encode())

    def reset(self) -> None:
        """All connections go with RST."""
        for writer in self.open:
            writer.transport.abort()
        self.open.clear()

    async def call(self, port: int) -> None:
        """Open a connection to the user agent at `port`; what it says is read too."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._reading = asyncio.create_task(self.take(reader, writer))
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def raw_stream() -> AsyncIterator[RawStream]:
    """On a free port of loopback."""
    stream = RawStream()
    server = await asyncio.start_server(stream.take, "127.0.0.1", 0)
    stream.port = server.sockets[0].getsockname()[1]
    try:
        yield stream
    finally:
        stream.reset()
        server.close()
        await server.wait_closed()
