"""The relay's loops, driven by hand: what takes the short cut must be just what would have come of the long way."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from widget.media.addresses import open_udp
from widget.media.relay.commands import Commands
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    ControlPacket,
    RemoveCarrier,
    SetBrowserAddress,
    SetCarrier,
    SetKeys,
    ShareSocket,
)
from widget.media.relay.worker import Worker
from widget.media.rtp import RtpHeader

AUDIO = bytes(160)
RECEIVER_REPORT = bytes.fromhex("80c9000100000001")
LOOPBACK = "127.0.0.1"
CALL = 1
KEY = bytes(range(30))
PROFILE = Policy.SRTP_PROFILE_AES128_CM_SHA1_80


@dataclass(frozen=True, slots=True)
class Step:
    """One packet: how far sequence number and timestamp go on, and what is odd about it."""

    ahead: int = 1
    ticks: int = 160
    payload_type: int = 0
    marker: bool = False
    is_other_source: bool = False
    size: int = 160


class Bench:
    """A worker that nobody runs, with one bridged call; ``is_short`` lets packets take the short cut, ``is_shared``
    gives the carrier no port of its own."""

    def __init__(self, *, is_short: bool = True, is_shared: bool = False) -> None:
        self._stack = contextlib.ExitStack()
        self._is_short = is_short
        shared, self.carrier = self._open(), self._open()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setblocking(False)  # noqa: FBT003 - the standard library's signature
            self._stack.enter_context(end)
        self.worker = Worker(theirs, [shared])
        self._stack.callback(self.worker.close)
        self.commands = Commands(self.worker)
        self.shared = shared.getsockname()
        self.browser = self._open()
        # Repeating what was sent is what some of the packets are there for.
        sending = Policy(KEY, Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILE)
        sending.allow_repeat_tx = True
        self.sending, self._receiving = Session(sending), Session(Policy(KEY, Policy.SSRC_ANY_INBOUND))
        self._introduce()
        self.port = self._share() if is_shared else self._add()
        self.agree(self.carrier)
        self.commands.apply(Bridge(carrier=CALL, browser=CALL), [])

    def _add(self) -> tuple[str, int]:
        port = self._open()
        address: tuple[str, int] = port.getsockname()
        self.commands.apply(AddCarrier(leg=CALL, ssrc=5, index=9, timestamp=7), [port.detach()])
        self._stack.callback(self.worker.carriers[CALL].close)
        return address

    def _share(self) -> tuple[str, int]:
        port, control = self._open(), self._open()
        address: tuple[str, int] = port.getsockname()
        self.control = control.getsockname()
        self.commands.apply(ShareSocket(socket=0), [port.detach(), control.detach()])
        self.commands.apply(AddCarrier(leg=CALL, ssrc=5, index=9, timestamp=7, socket=0), [])
        return address

    def _open(self) -> socket.socket:
        return self._stack.enter_context(open_udp(LOOPBACK, 0))

    def _introduce(self) -> None:
        keys = SetKeys(
            leg=CALL,
            profile=PROFILE,
            receive_key=KEY.hex(),
            send_key=KEY.hex(),
            ssrc=4,
            payload_types={"PCMU": 0, "telephone-event": 126},
            index=3,
            timestamp=2,
        )
        address = SetBrowserAddress(leg=CALL, socket=0, host=LOOPBACK, port=self.browser.getsockname()[1])
        for message in (AddBrowser(leg=CALL, ufrag="u"), keys, address):
            self.commands.apply(message, [])

    def agree(self, carrier: socket.socket, leg: int = CALL, rtcp_port: int = 0) -> None:
        terms = SetCarrier(
            leg=leg,
            host=LOOPBACK,
            port=carrier.getsockname()[1],
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=101,
            sends=True,
            receives=True,
            rtcp_port=rtcp_port,
        )
        self.commands.apply(terms, [])

    def close(self) -> None:
        self._stack.close()

    @property
    def legs(self) -> tuple[BrowserLeg, CarrierLeg]:
        return self.worker.browsers[CALL], self.worker.carriers[CALL]

    def turn(self, now: float = 1.0) -> None:
        """One round of the loop."""
        if not self._is_short:
            self.legs[0].settle()
        self.worker.serve(self.worker.poll(0), now)

    def from_browser(self, packet: bytes) -> None:
        self.browser.sendto(self.sending.protect(packet), self.shared)

    def from_carrier(self, packet: bytes) -> None:
        self.carrier.sendto(packet, self.port)

    def at_browser(self) -> list[bytes]:
        return [self._receiving.unprotect(packet) for packet in waiting(self.browser)]

    def counted(self) -> list[object]:
        browser, carrier = self.legs
        measures = [
            (leg.reception.received, leg.reception.expected, leg.reception.gaps, leg.reception.jitter_seconds)
            for leg in (browser, carrier)
        ]
        streams = [(leg.stream.index, leg.stream.timestamp, leg.stream.sent_at) for leg in (browser, carrier)]
        return [*measures, *streams, carrier.counters(), browser.sent_packets, browser.sent_bytes]


def waiting(end: socket.socket) -> list[bytes]:
    """What has arrived."""
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(end.recv(2048))
    return found


@pytest.fixture
def bench() -> Iterator[Bench]:
    with contextlib.closing(Bench()) as opened:
        yield opened


@pytest.fixture
def shared() -> Iterator[Bench]:
    with contextlib.closing(Bench(is_shared=True)) as opened:
        yield opened


Way = Callable[["Bench", int, list[Step]], list[bytes]]
STEPS = st.lists(
    st.one_of(
        st.just(Step()),
        st.builds(
            Step,
            ahead=st.sampled_from([-2, 0, 1, 1, 2, 7, 4000]),
            ticks=st.sampled_from([0, 160, 160, 320, 80000]),
            payload_type=st.sampled_from([0, 0, 8, 13, 101]),
            marker=st.booleans(),
            is_other_source=st.booleans(),
            size=st.sampled_from([0, 80, 160]),
        ),
    ),
    max_size=25,
)


def packets(start: int, steps: list[Step], event: int) -> Iterator[bytes]:
    """RTP as the steps say; ``event`` is the payload type of keys."""
    sequence, timestamp = start, 2**32 - 1000
    for step in steps:
        sequence, timestamp = (sequence + step.ahead) & 0xFFFF, (timestamp + step.ticks) & 0xFFFFFFFF
        header = RtpHeader(
            payload_type=event if step.payload_type == 101 else step.payload_type,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=8 if step.is_other_source else 9,
            marker=step.marker,
        )
        yield header.pack() + bytes(step.size)


def to_browser(bench: Bench, start: int, steps: list[Step]) -> list[bytes]:
    for number, packet in enumerate(packets(start, steps, 101)):
        bench.from_carrier(packet)
        bench.turn(1 + number / 64)
    return bench.at_browser()


def to_carrier(bench: Bench, start: int, steps: list[Step]) -> list[bytes]:
    # Until the carrier has been heard its port is nobody's, and the short cut stays closed.
    bench.from_carrier(RtpHeader(payload_type=0, sequence=1, timestamp=1, ssrc=1).pack() + AUDIO)
    bench.turn()
    for number, packet in enumerate(packets(start, steps, 126)):
        bench.from_browser(packet)
        bench.turn(1 + number / 64)
    return waiting(bench.carrier)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(start=st.sampled_from([1, 65530]), steps=STEPS)
@pytest.mark.parametrize("way", [to_browser, to_carrier])
def test_neither_short_cut_nor_shared_socket_changes_anything(way: Way, start: int, steps: list[Step]) -> None:
    results = []
    for is_short, is_shared, gathers in (
        (True, False, False),
        (False, False, True),
        (True, True, False),
        (True, True, True),
    ):
        with contextlib.closing(Bench(is_short=is_short, is_shared=is_shared)) as bench:
            bench.worker.gather(gathers=gathers)
            results.append((way(bench, start, steps), bench.counted()))
    assert all(result == results[0] for result in results)


def voice(sequence: int) -> bytes:
    return RtpHeader(payload_type=0, sequence=sequence, timestamp=sequence * 160, ssrc=9).pack() + AUDIO


def test_nearly_all_packets_take_the_short_cut(bench: Bench) -> None:
    for sequence in range(1, 21):
        bench.from_carrier(voice(sequence))
        bench.from_browser(voice(sequence))
        bench.turn()
    browser, carrier = bench.legs
    assert browser.sequence - browser.opened >= 17
    assert carrier.sequence - carrier.opened >= 17
    assert len(bench.at_browser()) == len(waiting(bench.carrier)) == 20


def test_a_shared_socket_takes_the_short_cut_too(shared: Bench) -> None:
    for sequence in range(1, 21):
        shared.from_carrier(voice(sequence))
        shared.from_browser(voice(sequence))
        shared.turn()
    browser, carrier = shared.legs
    assert browser.sequence - browser.opened >= 18
    assert carrier.sequence - carrier.opened >= 18
    assert len(shared.at_browser()) == len(waiting(shared.carrier)) == 20


def test_who_reads_what_passed_leaves_the_short_cut_open(bench: Bench) -> None:
    for sequence in range(1, 11):
        bench.from_carrier(voice(sequence))
        bench.from_browser(voice(sequence))
        bench.turn()
    browser, carrier = bench.legs
    before = browser.kind, carrier.kind
    (heard, to_browser), (answered, to_carrier) = browser.look(), carrier.look()
    assert (heard.received, answered.received) == (10, 10)
    assert (to_browser.index, to_carrier.index) == (13, 19)
    assert carrier.counters()["received_packets"] == carrier.counters()["sent_packets"] == 10
    assert (browser.kind, carrier.kind) == before
    bench.from_carrier(voice(11))
    bench.turn()
    assert carrier.counters()["received_packets"] == carrier.look()[0].expected == 11


def test_packets_are_gathered_and_announced_again(bench: Bench, shared: Bench) -> None:
    for one in (bench, shared):
        one.worker.gather(gathers=True)
        one.from_browser(voice(1))
        one.from_carrier(voice(1))
        one.turn()
        one.worker.gather(gathers=False)
        one.from_browser(voice(2))
        assert one.worker.poll(0)
        one.turn()
        assert (len(waiting(one.carrier)), len(one.at_browser())) == (2, 1)


def test_a_shared_socket_hears_announced_addresses_only(shared: Bench) -> None:
    with open_udp(LOOPBACK, 0) as stranger:
        stranger.sendto(voice(1), shared.port)
        shared.turn()
    assert shared.at_browser() == []
    assert shared.worker.forwarding.strays == 1


def test_two_calls_at_one_address_are_never_mixed(shared: Bench) -> None:
    shared.commands.apply(AddCarrier(leg=CALL + 1, socket=0), [])
    shared.agree(shared.carrier, leg=CALL + 1)
    with open_udp(LOOPBACK, 0) as moved:
        shared.from_carrier(voice(1))
        shared.turn()
        shared.agree(moved)
        shared.from_carrier(voice(2))
        moved.sendto(voice(3), shared.port)
        shared.turn()
    assert len(shared.at_browser()) == 2
    assert shared.worker.carriers[CALL + 1].received_packets == 0


def test_removing_one_call_leaves_a_shared_socket_to_the_others(shared: Bench) -> None:
    shared.commands.apply(AddCarrier(leg=CALL + 1, socket=0), [])
    with open_udp(LOOPBACK, 0) as other:
        shared.agree(other, leg=CALL + 1)
        shared.commands.apply(RemoveCarrier(leg=CALL + 1), [])
        other.sendto(voice(1), shared.port)
        shared.from_carrier(voice(1))
        shared.turn()
    assert len(shared.at_browser()) == 1
    assert shared.worker.forwarding.strays == 1


def test_rtcp_of_a_shared_socket_goes_both_ways(shared: Bench) -> None:
    with open_udp(LOOPBACK, 0) as control, open_udp(LOOPBACK, 0) as moved:
        shared.agree(moved, rtcp_port=control.getsockname()[1])
        control.sendto(RECEIVER_REPORT, shared.control)
        shared.turn()
        assert shared.legs[1].rtcp == 1
        shared.commands.apply(ControlPacket(is_carrier=True, leg=CALL, data=RECEIVER_REPORT), [])
        assert waiting(control) == [RECEIVER_REPORT]
    with open_udp(LOOPBACK, 0) as stranger:
        stranger.sendto(RECEIVER_REPORT, shared.control)
        shared.turn()
    assert (shared.legs[1].rtcp, shared.worker.forwarding.strays) == (1, 1)


def test_a_stranger_is_kept_out_by_the_kernel_once_the_carrier_has_been_heard(bench: Bench) -> None:
    with open_udp(LOOPBACK, 0) as stranger:
        stranger.sendto(voice(1), bench.port)
        bench.from_carrier(voice(1))
        stranger.sendto(voice(2), bench.port)
        for _ in range(3):
            bench.turn()
        stranger.sendto(voice(2), bench.port)
        assert not [fd for fd, _ in bench.worker.poll(0)]
    assert len(bench.at_browser()) == 1
    assert bench.legs[1].strays == 2


@pytest.mark.parametrize("is_shared", [False, True])
def test_what_no_network_carries_whole_is_not_passed_on_cut(*, is_shared: bool) -> None:
    with contextlib.closing(Bench(is_shared=is_shared)) as bench:
        for packet in (voice(1) + bytes(2000), voice(1), voice(2) + bytes(2000), voice(2)):
            bench.from_carrier(packet)
            bench.turn()
        assert [len(packet) for packet in bench.at_browser()] == [len(voice(1))] * 2
        assert bench.legs[1].strays == 2


def test_a_carrier_that_opens_its_port_late_or_closes_it_disturbs_nothing(bench: Bench) -> None:
    bench.from_carrier(voice(1))
    bench.turn()
    address = bench.carrier.getsockname()
    bench.carrier.close()
    for sequence in range(1, 6):
        bench.from_browser(voice(sequence))
        bench.turn()
    with open_udp(LOOPBACK, address[1]) as again:
        bench.from_browser(voice(6))
        bench.turn()
        again.sendto(voice(2), bench.port)
        bench.turn()
        assert len(waiting(again)) == 1
    assert len(bench.at_browser()) == 2
    assert (bench.legs[1].counters()["sent_packets"], bench.legs[1].unsent) == (6, 0)


def test_a_carrier_that_moves_is_followed_and_its_old_place_forgotten(bench: Bench) -> None:
    bench.from_carrier(voice(1))
    bench.turn()
    with open_udp(LOOPBACK, 0) as moved:
        bench.from_carrier(voice(2))
        bench.agree(moved)
        moved.sendto(voice(3), bench.port)
        for _ in range(3):
            bench.turn()
        bench.from_browser(voice(1))
        bench.turn()
        assert len(waiting(moved)) == 1
    assert len(bench.at_browser()) == 2
    assert bench.legs[1].strays == 1


def test_a_fresh_relay_takes_over_a_port_that_is_joined(bench: Bench) -> None:
    with open_udp(LOOPBACK, 0) as port, open_udp(LOOPBACK, 0) as other:
        port.connect(other.getsockname())
        bound = port.getsockname()
        bench.commands.apply(AddCarrier(leg=CALL + 1), [port.fileno()])
        leg = bench.worker.carriers[CALL + 1]
        bench.carrier.sendto(voice(1), bound)
        assert leg.port.receive(memoryview(bytearray(200))) == len(voice(1))
        port.detach()
        leg.close()


def test_packets_that_overtook_each_other_by_two_seconds_are_believed(bench: Bench) -> None:
    bench.from_carrier(voice(1))
    bench.turn()
    late = bench.sending.protect(voice(1))
    for sequence in range(2, 100):
        bench.from_browser(voice(sequence))
        bench.turn()
    bench.browser.sendto(late, bench.shared)
    bench.turn()
    assert len(waiting(bench.carrier)) == 99
