"""What was said over SIP in each call, noted as it passes; written elsewhere, in batches.

On the hot path one message costs a look-up and a small object: the bytes are those that the network had anyway. Calls
that we make are known by their Call-ID, which begins with the call's own id; a call that comes in is taken up with our
first answer to it, so that strangers, who get no answer, leave no trace.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from widget.sip.transport import Address, MessageTransport

MAX_MESSAGES, MAX_BYTES = 300, 262_144
"""Per dialog, kept from the beginning; of what comes after it the last ones are kept."""
MAX_LAST = 40
MAX_TRACES = 20_000
FIRST_WRITE_SECONDS = 60.0
"""A long call is written so often, and what is written needs no more memory."""
SETTLE_SECONDS = 2.0
"""The answer to the BYE still belongs to the call."""
LINGER_SECONDS = 35.0
"""Retransmissions may come for 64 T1 after the end (RFC 3261 section 17)."""
UNCLAIMED_SECONDS = 60.0
FORGOTTEN_SECONDS = 6 * 3600.0

CALL_ID = b"\r\nCall-ID: "
OURS = re.compile(rb"([0-9a-f]{32})(?:-[^\r\n]{1,64})?")


@dataclass(slots=True)
class Noted:
    """One message. `at` and `last_at` are monotonic seconds; `repeats` counts identical ones after the first."""

    at: float
    is_sent: bool
    data: bytes = field(repr=False)
    remote: Address
    transport: str
    repeats: int = 0
    last_at: float = 0.0


@dataclass(slots=True)
class Batch:
    """Messages of one call for the database; `offset` turns monotonic seconds into a wall-clock time stamp."""

    call_id: str
    offset: float
    messages: list[Noted]


@dataclass(slots=True)
class Trace:
    """One SIP dialog, or attempt at one, of a call. ``call_id`` is "" until somebody takes an inbound call."""

    call_id: str
    born_at: float
    offset: float
    noted: dict[bytes, Noted] = field(default_factory=dict)
    last: deque[Noted] = field(default_factory=lambda: deque(maxlen=MAX_LAST))
    count: int = 0
    size: int = 0
    touched_at: float = 0.0
    ended_at: float | None = None

    def note(self, message: Noted) -> None:
        self.touched_at = message.at
        if known := self.noted.get(message.data):
            known.repeats += 1
            known.last_at = message.at
        elif self.count < MAX_MESSAGES and self.size < MAX_BYTES:
            self.noted[message.data] = message
            self.count += 1
            self.size += len(message.data)
        else:
            self.last.append(message)

    def is_due(self, now: float) -> bool:
        """Whether there is something to write that nothing more will be added to soon."""
        if self.ended_at is not None:
            return bool(self.noted or self.last) and now >= self.ended_at + SETTLE_SECONDS
        return bool(self.noted) and now >= next(iter(self.noted.values())).at + FIRST_WRITE_SECONDS

    def is_over(self, now: float) -> bool:
        if self.ended_at is not None:
            return now >= self.ended_at + LINGER_SECONDS
        return now >= self.touched_at + (FORGOTTEN_SECONDS if self.call_id else UNCLAIMED_SECONDS)

    def take(self) -> Batch:
        """What is to be written; the last ones only when the call is over."""
        messages = list(self.noted.values())
        self.noted = {}
        if self.ended_at is not None:
            messages += self.last
            self.last.clear()
        return Batch(self.call_id, self.offset, messages)


class LadderRecorder:
    """The user agent's observer (:class:`widget.sip.observer.Observer`)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._traces: dict[bytes, Trace] = {}
        self._of_call: dict[str, list[Trace]] = {}
        self._left: list[Batch] = []
        self._unknown: Noted | None = None
        self._unknown_key = b""

    def sent(self, data: bytes, remote: Address, transport: MessageTransport) -> None:
        start = data.find(CALL_ID) + len(CALL_ID)
        key = data[start : data.find(b"\r\n", start)]
        trace = self._traces.get(key) or self._begun(data, key)
        if trace is not None:
            trace.note(Noted(self._clock(), is_sent=True, data=data, remote=remote, transport=transport.kind.value))

    def received(self, data: bytes, call_id: str, remote: Address, transport: MessageTransport) -> None:
        key = call_id.encode()
        noted = Noted(self._clock(), is_sent=False, data=data, remote=remote, transport=transport.kind.value)
        trace = self._traces.get(key)
        if trace is not None:
            trace.note(noted)
        else:
            self._unknown, self._unknown_key = noted, key

    def bind(self, sip_call_id: str, call_id: str) -> None:
        """An inbound call got its record; the last agent that it is offered to counts."""
        trace = self._traces.get(sip_call_id.encode())
        if trace is not None:
            self._of_call.pop(trace.call_id, None)
            trace.call_id = call_id
            self._of_call.setdefault(call_id, []).append(trace)

    def hand_over(self, sip_call_id: str, call_id: str) -> None:
        """The dialog goes on as another call, which has what is said from now on; what was said stays where it was."""
        trace = self._traces.get(sip_call_id.encode())
        if trace is None or trace.call_id == call_id:
            return
        self._left.append(trace.take())
        others = [other for other in self._of_call.pop(trace.call_id, ()) if other is not trace]
        if others:
            self._of_call[trace.call_id] = others
        trace.call_id = call_id
        self._of_call.setdefault(call_id, []).append(trace)

    def end(self, call_id: str) -> None:
        """The call is over; what still comes of it within half a minute is noted too."""
        for trace in self._of_call.pop(call_id, ()):
            trace.ended_at = self._clock()

    def take(self, *, everything: bool = False) -> list[Batch]:
        """What is due for the database, and forget what is long over."""
        now = self._clock()
        batches, self._left = self._left, []
        for key, trace in list(self._traces.items()):
            if trace.call_id and (everything or trace.is_due(now)):
                batches.append(trace.take())
            if trace.is_over(now):
                self._forget(key, trace)
        return [batch for batch in batches if batch.messages]

    def _begun(self, data: bytes, key: bytes) -> Trace | None:
        """An INVITE of ours, or our first answer to one, begins a trace; anything else is not about a call."""
        if len(self._traces) >= MAX_TRACES:
            return None
        if data.startswith(b"INVITE ") and (ours := OURS.fullmatch(key)):
            return self._new(key, ours[1].decode())
        unknown = self._unknown
        if unknown is None or key != self._unknown_key or not data.startswith(b"SIP/2.0 100 "):
            return None
        trace = self._new(key, "")
        trace.note(unknown)
        self._unknown = None
        return trace

    def _new(self, key: bytes, call_id: str) -> Trace:
        now = self._clock()
        trace = self._traces[key] = Trace(call_id, born_at=now, offset=time.time() - now, touched_at=now)
        if call_id:
            self._of_call.setdefault(call_id, []).append(trace)
        return trace

    def _forget(self, key: bytes, trace: Trace) -> None:
        del self._traces[key]
        others = [other for other in self._of_call.get(trace.call_id, ()) if other is not trace]
        if others:
            self._of_call[trace.call_id] = others
        else:
            self._of_call.pop(trace.call_id, None)
