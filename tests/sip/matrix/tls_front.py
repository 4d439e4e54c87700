"""TLS in front of a peer that cannot speak it, as Debian's sipp: every byte is passed on, both ways."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass
class Front:
    """Passes connections on to `target`, a port on 127.0.0.1, with TLS on one of the two sides."""

    target: int
    towards_target: ssl.SSLContext | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        try:
            await self._join(reader, writer)
        except OSError:
            writer.close()
        finally:
            self.tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        context = self.towards_target
        name = "127.0.0.1" if context else None
        there = await asyncio.open_connection("127.0.0.1", self.target, ssl=context, server_hostname=name)
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    async def close(self) -> None:
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until either end is closed."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def tls_front(
    target: int, *, port: int = 0, offers: ssl.SSLContext | None = None, towards: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """The port of a front. `offers`: whoever comes speaks TLS; `towards`: the target does."""
    front = Front(target, towards)
    server = await asyncio.start_server(front.take, "127.0.0.1", port, ssl=offers)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await front.close()
        await server.wait_closed()
