"""The control process's end of a transcoder: starting it, hearing that it lives, noticing its death."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable

from widget.media.pulse import Pulse
from widget.media.relay_process import python_path
from widget.media.transcoder.signs import Sign

logger = logging.getLogger(__name__)

#: One that has not ended by itself after its control socket closed is killed.
_EXIT_SECONDS = 2.0
_MAX_SIGN = 256


class TranscoderProcess:
    """One running transcoder. ``on_sign`` gets what it says of itself, ``on_lost`` is called once if it dies."""

    def __init__(self, *, on_sign: Callable[[Sign], None], on_lost: Callable[[], None]) -> None:
        self._on_sign = on_sign
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._pulse = Pulse(on_stopped=self._kill)
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """Of the live process."""
        return self._process.pid if self._process is not None and self._control is not None else None

    async def start(self) -> None:
        """Raises :class:`OSError` if it cannot be started."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            # -P: nothing in the working directory can stand in for our modules.
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "widget.media.transcoder", "--control", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
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
        ours.settimeout(0)
        self._control = ours
        self._loop.add_reader(ours.fileno(), self._read)

    def serve(self, relay: socket.socket) -> None:
        """Have it serve the relay at the other end of this socket, which stays the caller's."""
        if self._control is None:
            return
        # A few at most: they fit into the socket's buffer. If it is dead, the reader notices.
        with contextlib.suppress(OSError):
            socket.send_fds(self._control, [b"r"], [relay.fileno()])

    def _read(self) -> None:
        if self._control is None:
            return
        try:
            packet = self._control.recv(_MAX_SIGN)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self._lose()
            return
        self._pulse.felt()
        self._on_sign(Sign.unpack(packet))

    def _kill(self) -> None:
        logger.error("The transcoder (process %s) hangs and is killed", self.pid)
        if self._process is not None:
            # It may have ended by itself just now.
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self._lose()

    def _lose(self) -> None:
        logger.error("The transcoder (process %s) died", self.pid)
        self._disconnect()
        self._on_lost()

    def _disconnect(self) -> None:
        self._pulse.cancel()
        if self._control is not None:
            self._loop.remove_reader(self._control.fileno())
            self._control.close()
            self._control = None

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
