"""The control process's end of a relay: starting it, talking to it, noticing its death."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import widget
from widget.media.pulse import Pulse
from widget.media.relay.packets import decode, encode
from widget.media.relay.progress import MAX_MESSAGE
from widget.media.relay.protocol import Message

logger = logging.getLogger(__name__)

_PACKAGE_ROOT = Path(widget.__path__[0]).parent
#: A relay that has not ended by itself after its control socket closed is killed.
_EXIT_SECONDS = 2.0
#: Messages taken per turn of the loop, so that a flood of checks leaves time for everything else.
_MAX_MESSAGES = 32


class RelayProcess:
    """One running relay. ``on_message`` gets what it says, ``on_lost`` is called once if it dies uninvited."""

    def __init__(self, *, on_message: Callable[[Message], None], on_lost: Callable[[], None]) -> None:
        self._on_message = on_message
        self._on_lost = on_lost
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._waiting: deque[tuple[bytes, list[int]]] = deque()
        self._loop = asyncio.get_running_loop()
        self._pulse = Pulse(on_stopped=self._kill)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._control is not None

    async def start(self, browser_sockets: Sequence[socket.socket], *, silence_seconds: int) -> None:
        """Start the process with these sockets; raises :class:`OSError` if it cannot be started."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        inherited = [theirs.fileno(), *(item.fileno() for item in browser_sockets)]
        arguments = ["--control", str(inherited[0]), "--silence", str(silence_seconds)]
        for fd in inherited[1:]:
            arguments += ["--browser", str(fd)]
        try:
            # -P: nothing in the working directory can stand in for our modules.
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "widget.media.relay", *arguments),
                pass_fds=inherited,
                env=os.environ | {"PYTHONPATH": python_path()},
                stdin=asyncio.subprocess.DEVNULL,
                # Ctrl-C is for the parent, which first hangs up its calls in order.
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._control = ours
        self._loop.add_reader(ours.fileno(), self._read)

    def send(self, message: Message, *, fds: Sequence[int] = ()) -> None:
        """Tell the relay something, in order. Descriptors are duplicated here, so the caller may close its own."""
        if self._control is None:
            return
        self._waiting.append((encode(message), [os.dup(fd) for fd in fds]))
        if len(self._waiting) == 1:
            self._flush()

    def _flush(self) -> None:
        while self._waiting and self._control is not None:
            packet, fds = self._waiting[0]
            try:
                socket.send_fds(self._control, [packet], fds)
            except BlockingIOError:
                self._loop.add_writer(self._control.fileno(), self._flush)
                return
            except OSError:
                self._lose()
                return
            self._waiting.popleft()
            _close_all(fds)
        if self._control is not None:
            self._loop.remove_writer(self._control.fileno())

    def _read(self) -> None:
        for _ in range(_MAX_MESSAGES):
            if self._control is None:
                return
            try:
                packet = self._control.recv(MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._lose()
                return
            self._pulse.felt()
            self._on_message(decode(packet))

    def _kill(self) -> None:
        logger.error("The media relay (process %s) hangs and is killed", self.pid)
        if self._process is not None:
            # It may have ended by itself just now.
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self._lose()

    def _lose(self) -> None:
        self._disconnect()
        logger.error("The media relay (process %s) died", self.pid)
        self._on_lost()

    def _disconnect(self) -> None:
        self._pulse.cancel()
        if self._control is not None:
            self._loop.remove_reader(self._control.fileno())
            self._loop.remove_writer(self._control.fileno())
            self._control.close()
            self._control = None
        for _, fds in self._waiting:
            _close_all(fds)
        self._waiting.clear()

    async def close(self) -> None:
        """End the process; closing the control socket is what tells it to."""
        self._disconnect()
        if self._process is None:
            return
        try:
            await asyncio.wait_for(self._process.wait(), _EXIT_SECONDS)
        except TimeoutError:
            # It may have ended by itself just now.
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


def python_path() -> str:
    """Where the child finds this package, however the parent was started."""
    return os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]))


def _close_all(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)
