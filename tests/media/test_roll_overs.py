"""Calls past the roll-over of their sequence numbers, with relays that die around it: no far end begins anew, and
every packet must be understood (RFC 3711 section 3.3.1)."""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final

import pytest
from pylibsrtp import Policy, Session

from tests.media.test_forwarding import AUDIO, CALL, LOOPBACK, PROFILE, waiting
from widget.media.addresses import open_udp
from widget.media.relay import srtp
from widget.media.relay.commands import Commands
from widget.media.relay.packets import decode
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    Message,
    Progress,
    SecureCarrier,
    SetBrowserAddress,
    SetCarrier,
    SetKeys,
)
from widget.media.relay.reports import TURNS, Reports
from widget.media.relay.worker import Worker
from widget.media.relay_memory import RelayMemory
from widget.media.rtp import RtpHeader, parse_header

#: As far as a source may jump within its stream.
STRIDE: Final = 2500
BOUNDARY: Final = 1 << 16
FRAME: Final = 160


class FarEnd:
    """A browser, or a carrier that encrypts: one SRTP session each way for the whole call."""

    def __init__(self) -> None:
        self.keys = os.urandom(30), os.urandom(30)
        self._sending = Session(Policy(self.keys[0], Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILE))
        self._receiving = Session(Policy(self.keys[1], Policy.SSRC_ANY_INBOUND, srtp_profile=PROFILE))

    def protect(self, packet: bytes) -> bytes:
        return self._sending.protect(packet)

    def unprotect(self, packet: bytes) -> bytes:
        return self._receiving.unprotect(packet)


class Call:
    """One call, and the relays that serve it one after the other. Time passes with the packets."""

    def __init__(self, first: int, ours: int, *, is_secure: bool) -> None:
        self._stack = contextlib.ExitStack()
        self._memory = RelayMemory()
        self._shared, self._port = self._open(), self._open()
        self.browser, self.carrier = self._open(), self._open()
        self._browser, self._carrier = FarEnd(), FarEnd() if is_secure else None
        self.number = first
        self.now = 1.0
        self._relay: contextlib.ExitStack | None = None
        self._start()
        for message in self._introduction(ours):
            self._send(message)

    def bridge(self) -> None:
        self._send(Bridge(carrier=CALL, browser=CALL))

    def _send(self, message: Message) -> None:
        fds = [self._port.fileno()] if isinstance(message, AddCarrier) else []
        self._memory.remember(message, fds)
        self._apply(message, fds)

    def _open(self) -> socket.socket:
        return self._stack.enter_context(open_udp(LOOPBACK, 0))

    def _introduction(self, ours: int) -> Iterator[Message]:
        browser, carrier = self.browser.getsockname(), self.carrier.getsockname()
        receive, send = self._browser.keys
        yield AddBrowser(leg=CALL, ufrag="u")
        yield SetKeys(
            leg=CALL,
            profile=PROFILE,
            receive_key=receive.hex(),
            send_key=send.hex(),
            ssrc=4,
            payload_types={"PCMU": 0},
            index=ours,
        )
        yield SetBrowserAddress(leg=CALL, socket=0, host=LOOPBACK, port=browser[1])
        yield AddCarrier(leg=CALL, ssrc=5, index=ours)
        if self._carrier is not None:
            receive, send = self._carrier.keys
            yield SecureCarrier(leg=CALL, profile=PROFILE, receive_key=receive.hex(), send_key=send.hex())
        yield SetCarrier(
            leg=CALL,
            host=LOOPBACK,
            port=carrier[1],
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=None,
            sends=True,
            receives=True,
        )

    def _start(self) -> None:
        self._relay = contextlib.ExitStack()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setblocking(False)  # noqa: FBT003 - the standard library's signature
            self._relay.enter_context(end)
        self._control = ours
        self._worker = Worker(theirs, [self._relay.enter_context(self._shared.dup())])
        self._relay.callback(self._worker.close)
        self._commands = Commands(self._worker)
        self._relay.callback(self._commands.close)
        self._reports = Reports(self._worker, silence_seconds=8)

    def _apply(self, message: Message, fds: list[int]) -> None:
        self._commands.apply(message, [os.dup(fd) for fd in fds])

    def close(self) -> None:
        self._end()
        self._stack.close()

    def _end(self) -> None:
        if self._relay is not None:
            for leg in self._worker.carriers.values():
                leg.close()
            self._relay.close()
            self._relay = None

    def die(self) -> None:
        """The relay dies, and a fresh one takes over what was last told."""
        self._end()
        self._start()
        for message, fds in self._memory.take_over(self.now):
            self._apply(message, list(fds))

    def tell(self) -> None:
        """A second's worth of reports reaches the service."""
        for _ in range(TURNS):
            self._reports.tell()
        for message in map(decode, waiting(self._control)):
            for leg in message.legs if isinstance(message, Progress) else ():
                self._memory.learn(leg)

    def speak(self, count: int, *, ahead: int = 1) -> None:
        """So many packets each way, of which all must arrive."""
        for _ in range(count):
            self.say()
            self.listen()
            self.number += ahead
            self.now += ahead / 50

    def say(self) -> None:
        self.deliver(*self.protected())

    def protected(self) -> tuple[bytes, bytes]:
        """The browser's next packet, and the carrier's."""
        header = RtpHeader(
            payload_type=0,
            sequence=self.number & 0xFFFF,
            timestamp=self.number * FRAME & 0xFFFFFFFF,
            ssrc=9,
        )
        packet = header.pack() + AUDIO
        protect = self._carrier.protect if self._carrier is not None else bytes
        return self._browser.protect(packet), protect(packet)

    def deliver(self, from_browser: bytes, from_carrier: bytes) -> None:
        self.browser.sendto(from_browser, self._shared.getsockname())
        self.carrier.sendto(from_carrier, self._port.getsockname())
        self._worker.serve(self._worker.poll(0), self.now)

    def listen(self) -> None:
        open_carrier = self._carrier.unprotect if self._carrier is not None else bytes
        for packets in (
            [*map(self._browser.unprotect, waiting(self.browser))],
            [*map(open_carrier, waiting(self.carrier))],
        ):
            assert len(packets) == 1, f"at {self.number}"
            assert parse_header(packets[0]) is not None
            assert packets[0][12:] == AUDIO

    def go_to(self, number: int) -> None:
        """On to this packet, in strides that a source may take."""
        while self.number < number:
            self.speak(1, ahead=min(STRIDE, number - self.number))
            self.tell()


#: Where relays die, as distances from the source's roll-over.
DEATHS: Final = {
    "none": (),
    "before": (-3,),
    "at": (0,),
    "after": (1,),
    "long before": (-30_000,),
    "twice": (-2, 2),
    "long before, and after": (-60_000, 5_000),
    "again and again": (-9_000, -6_000, -3_000, -1, 1, 3_000),
    "in two cycles": (-100, 100, BOUNDARY - 100, BOUNDARY + 100),
}


@pytest.fixture(params=[False, True], ids=["plain carrier", "carrier that encrypts"])
def is_secure(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize(("first", "ours"), [(1, 0), (32_000, 32_767), (33_000, 0), (65_530, 32_767)])
@pytest.mark.parametrize("deaths", DEATHS.values(), ids=DEATHS)
def test_every_packet_is_understood(deaths: tuple[int, ...], first: int, ours: int, *, is_secure: bool) -> None:
    with contextlib.closing(Call(first, ours, is_secure=is_secure)) as call:
        call.bridge()
        call.speak(3)
        call.tell()
        for distance in deaths:
            call.go_to(BOUNDARY + distance)
            call.speak(2)
            call.tell()
            call.die()
            call.speak(5)
            call.tell()
        for boundary in (BOUNDARY, 2 * BOUNDARY, 3 * BOUNDARY):
            call.go_to(boundary - 3)
            call.speak(7)
            call.tell()


@pytest.mark.parametrize("distance", [-6, -4, -2, 0])
@pytest.mark.parametrize("unheard", [0, 4_000])
def test_a_roll_over_that_the_dead_relay_did_not_tell_of(distance: int, unheard: int, *, is_secure: bool) -> None:
    """The last report is some packets old, and while nobody listened the source went on."""
    with contextlib.closing(Call(1, 20_000, is_secure=is_secure)) as call:
        call.bridge()
        call.go_to(BOUNDARY + distance)
        call.tell()
        call.speak(4)
        call.die()
        call.number += unheard
        call.speak(3)
        call.die()
        call.speak(3)
        call.tell()
        call.go_to(2 * BOUNDARY + 3)
        call.speak(3)


def test_packets_that_come_too_late_hold_nobody_up(*, is_secure: bool) -> None:
    """More of them were overtaken than the replay list remembers, as when a path was blocked for seconds."""
    with contextlib.closing(Call(1, 0, is_secure=is_secure)) as call:
        call.bridge()
        call.go_to(BOUNDARY - 100)
        late = call.protected()
        call.number += srtp.WINDOW + 50
        call.speak(3)
        call.deliver(*late)
        assert waiting(call.carrier) == []
        assert len(waiting(call.browser)) == (not is_secure)
        call.speak(3)


@pytest.mark.parametrize("is_replaced", [False, True], ids=["one relay", "another relay"])
@pytest.mark.parametrize("first", [1, BOUNDARY - 3])
def test_an_agent_waits_for_a_call_past_the_roll_over(first: int, *, is_replaced: bool) -> None:
    """Of a browser that speaks with nobody yet only a sample is listened to."""
    with contextlib.closing(Call(first, 0, is_secure=False)) as call:
        for _ in range(60):
            call.say()
            call.number += 1
        call.tell()
        if is_replaced:
            call.die()
        waiting(call.browser)
        waiting(call.carrier)
        call.bridge()
        call.speak(3)
