"""What is told of calls and to legs, from what the relay would tell once a second."""

from dataclasses import replace

import pytest

from tests.media.test_relay_memory import BRIDGE, BROWSER, CARRIER, KEYS, PROGRESS, TERMS
from widget.media.events import CallQuality
from widget.media.monitor import WINDOW, Monitor
from widget.media.relay.protocol import Bridge, ControlPacket, RemoveBrowser, RemoveCarrier
from widget.media.rtcp import Goodbye, ReceiverReport, ReportBlock, SenderReport, build, parse
from widget.media.rtcp_xr import ExtendedReport


class Call:
    """A bridged call of 50 packets a second each way."""

    def __init__(self) -> None:
        self.sent: list[ControlPacket] = []
        self.told: list[CallQuality] = []
        self.monitor = Monitor(
            send=self.sent.append,
            name={2: "carrier"}.get,
            emit=self.told.append,
            epoch=0.0,
        )
        for message in (BROWSER, KEYS, CARRIER, TERMS, BRIDGE):
            self.monitor.note(message, 100.0)
        self.legs = {
            is_carrier: PROGRESS._replace(
                is_carrier=is_carrier,
                leg=1 + is_carrier,
                received=0,
                expected=0,
                gaps=0,
                jitter_seconds=0.001,
            )
            for is_carrier in (False, True)
        }
        self.now = 100.0

    def second(self, *, browser: int = 50, carrier: int = 50, lost: int = 0, unsent: int = 0, lag: float = 0) -> None:
        """One second passes: packets that came, and that the carrier's side lost."""
        self.now += 1
        self._leg(is_carrier=False, received=browser, lost=0, unsent=0, lag=lag)
        self._leg(is_carrier=True, received=carrier, lost=lost, unsent=unsent, lag=lag)

    def _leg(self, *, is_carrier: bool, received: int, lost: int, unsent: int, lag: float) -> None:
        before = self.legs[is_carrier]
        leg = self.legs[is_carrier] = before._replace(
            received=before.received + received,
            expected=before.expected + received + lost,
            gaps=before.gaps + bool(lost),
            heard_at=self.now - 0.02 if received else before.heard_at,
            unsent=before.unsent + unsent,
            lag_seconds=lag,
            sent_packets=before.sent_packets + 50,
        )
        self.monitor.learn(leg, self.now)


def _rr(block: ReportBlock) -> bytes:
    return build(ReceiverReport(ssrc=9, blocks=(block,)))


@pytest.fixture
def call() -> Call:
    return Call()


def test_a_good_call_is_told_of_early_and_then_once_per_window(call: Call) -> None:
    for _ in range(3):
        call.second()
    assert len(call.told) == 1
    for _ in range(2 * WINDOW - 3):
        call.second()
    assert [told.leg_id for told in call.told] == ["carrier"] * 3
    assert [told.verdict for told in call.told] == ["good"] * 3
    assert call.told[-1].mos == pytest.approx(4.41, abs=0.01)
    assert (call.told[-1].loss, call.told[-1].round_trip_seconds) == (0, None)
    assert (call.told[-1].browser.codec, call.told[-1].carrier.codec) == ("PCMU", "PCMU")


def test_a_carrier_that_asked_for_extended_reports_gets_them_and_browsers_get_none(call: Call) -> None:
    call.monitor.note(replace(TERMS, extended_reports="voip-metrics"), call.now)
    for _ in range(2 * WINDOW):
        call.second()
    extended = {
        packet.is_carrier
        for packet in call.sent
        if any(isinstance(report, ExtendedReport) for report in parse(packet.data))
    }
    assert extended == {True}


def test_loss_is_the_last_windows_and_is_blamed_on_its_leg(call: Call) -> None:
    for _ in range(WINDOW):
        call.second(carrier=45, lost=5)
    assert call.told[-1].verdict == "carrier"
    assert call.told[-1].loss == pytest.approx(0.1)
    assert call.told[-1].carrier.burst_ratio == pytest.approx(4.5)
    for _ in range(2 * WINDOW):
        call.second()
    assert (call.told[-1].verdict, call.told[-1].loss) == ("good", 0)


@pytest.mark.parametrize("fault", [{"unsent": 10}, {"lag": 0.3}])
def test_our_own_part_is_named_too(call: Call, fault: dict[str, float]) -> None:
    for _ in range(WINDOW):
        call.second(**fault)  # type: ignore[arg-type] # an int and a float, each where it belongs
    assert call.told[-1].verdict == "our_server"


@pytest.mark.parametrize(
    ("browser", "carrier", "verdict"), [(0, 50, "agent_silent"), (50, 0, "carrier_silent"), (0, 0, "both_silent")]
)
def test_silence_is_named_within_three_seconds_and_taken_back_at_once(
    call: Call, browser: int, carrier: int, verdict: str
) -> None:
    for _ in range(WINDOW):
        call.second()
    call.told.clear()
    for _ in range(2):
        call.second(browser=browser, carrier=carrier)
    assert [(told.verdict, told.mos) for told in call.told] == [(verdict, 1.0)]
    call.second()
    assert call.told[-1].verdict == "good"


def test_a_key_that_is_held_down_is_no_silence(call: Call) -> None:
    """All its packets carry the timestamp of its beginning."""
    for _ in range(2 * WINDOW):
        held = call.legs[True]._replace(received=call.legs[True].received + 50)
        call.legs[True] = held
        call.second(carrier=0)
    assert {told.verdict for told in call.told} == {"good"}


def test_silence_that_was_agreed_is_none(call: Call) -> None:
    call.monitor.note(replace(TERMS, sends=False, receives=False), call.now)
    for _ in range(2 * WINDOW):
        call.second(browser=0, carrier=0)
    assert {told.verdict for told in call.told} == {"good"}


def test_a_call_without_its_agent_is_not_judged(call: Call) -> None:
    call.monitor.note(RemoveBrowser(leg=1), call.now)
    for _ in range(2 * WINDOW):
        call.second()
    assert call.told == []


def test_a_fresh_relay_counts_anew(call: Call) -> None:
    for _ in range(WINDOW):
        call.second()
    call.legs = {key: leg._replace(received=0, expected=0, gaps=0) for key, leg in call.legs.items()}
    call.monitor.restart(call.now)
    for _ in range(WINDOW):
        call.second()
    assert (call.told[-1].verdict, call.told[-1].loss) == ("good", 0)


def test_both_legs_get_reports_and_a_goodbye(call: Call) -> None:
    call.second()
    assert [(item.is_carrier, item.leg) for item in call.sent] == [(False, 1), (True, 2)]
    assert all(isinstance(parse(item.data)[0], SenderReport) for item in call.sent)
    call.sent.clear()
    call.monitor.note(RemoveBrowser(leg=1), call.now)
    call.monitor.note(RemoveCarrier(leg=2), call.now)
    ends = [parse(item.data)[-1] for item in call.sent]
    assert ends == [Goodbye(ssrcs=(KEYS.ssrc,)), Goodbye(ssrcs=(CARRIER.ssrc,))]


def test_what_a_leg_tells_of_us_counts(call: Call) -> None:
    for _ in range(WINDOW - 1):
        call.second()
    block = parse(call.sent[0].data)[0].blocks[0]  # type: ignore[union-attr] # a sender report
    theirs = replace(block, ssrc=CARRIER.ssrc, fraction_lost=0.25, jitter=800)
    report = ControlPacket(is_carrier=True, leg=2, data=_rr(theirs), at=call.now)
    call.monitor.hear(report)
    call.monitor.hear(replace(report, leg=99))
    call.second()
    assert call.told[-1].verdict == "carrier"
    assert (call.told[-1].loss, call.told[-1].jitter_seconds) == (0.25, 0.1)


def test_another_agents_leg_takes_the_call_over(call: Call) -> None:
    call.monitor.note(Bridge(carrier=2, browser=None), call.now)
    call.second()
    assert call.told == []
    call.monitor.clear()
    call.second()
