"""What a fresh relay is told, given what a dead one was told and said."""

from dataclasses import replace

import pytest

from widget.media.deaths import PAUSES
from widget.media.relay.progress import COUNTERS, LegProgress
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    Join,
    Message,
    RemoveBrowser,
    RemoveCarrier,
    SetBrowserAddress,
    SetCarrier,
    SetKeys,
)
from widget.media.relay_memory import TAKE_OVER_JUMP, RelayMemory

BROWSER = AddBrowser(leg=1, ufrag="u")
KEYS = SetKeys(leg=1, profile=1, receive_key="00", send_key="11", ssrc=5, payload_types={"PCMU": 0}, index=10)
ADDRESS = SetBrowserAddress(leg=1, socket=0, host="127.0.0.1", port=9)
CARRIER = AddCarrier(leg=2, ssrc=6, index=20, timestamp=30)
TERMS = SetCarrier(
    leg=2, host="127.0.0.1", port=9, codec="PCMU", payload_type=0, dtmf_payload_type=None, sends=True, receives=True
)
BRIDGE = Bridge(carrier=2, browser=1)
PROGRESS = LegProgress(
    is_carrier=True,
    leg=2,
    sent_index=70000,
    timestamp=99,
    sent_at=50.0,
    has_source=True,
    source=8,
    clock_rate=8000,
    heard_index=65540,
    received=4,
    expected=5,
    gaps=1,
    jitter_seconds=0.5,
    heard_clock_rate=8000,
    heard_at=0.5,
    unsent=0,
    lag_seconds=0.0,
    received_packets=4,
    received_bytes=40,
    sent_packets=3,
    sent_bytes=30,
    strays=2,
    foreign=1,
    unwanted=0,
    rtcp=0,
    rejected=0,
)


def memory(*messages: Message) -> RelayMemory:
    known = RelayMemory()
    for message in messages:
        known.remember(message, [77] if isinstance(message, AddCarrier) else ())
    return known


def told(known: RelayMemory, now: float = 60.0) -> list[Message]:
    return [message for message, _ in known.take_over(now)]


def test_a_fresh_relay_is_told_of_every_leg_in_an_order_that_it_understands() -> None:
    known = memory(CARRIER, TERMS, BROWSER, KEYS, ADDRESS, BRIDGE)
    kinds = [type(message) for message in told(known)]
    assert kinds == [AddBrowser, SetKeys, SetBrowserAddress, AddCarrier, SetCarrier, Bridge]
    assert [fds for message, fds in known.take_over(0) if isinstance(message, AddCarrier)] == [[77]]


def test_streams_go_on_beyond_what_can_have_been_sent() -> None:
    known = memory(BROWSER, KEYS, CARRIER)
    known.learn(PROGRESS)
    known.learn(PROGRESS._replace(is_carrier=False, leg=1))
    _, keys, carrier = told(known)
    index = 70000 + TAKE_OVER_JUMP
    assert carrier == replace(CARRIER, index=index, timestamp=99, sent_at=50.0)
    assert keys == replace(KEYS, index=index, timestamp=99, sent_at=50.0, heard_ssrc=8, heard_index=65540)


def test_a_stream_that_was_never_told_of_jumps_as_well() -> None:
    known = memory(CARRIER)
    assert told(known) == [replace(CARRIER, index=20 + TAKE_OVER_JUMP, sent_at=60.0)]
    assert told(known) == [replace(CARRIER, index=20 + 2 * TAKE_OVER_JUMP, sent_at=60.0)]


def test_a_stream_that_nobody_heard_does_not_jump_too_far_in_all() -> None:
    """A call on hold, while relays die one after the other: beyond 2**15 the far end's roll-over counter goes wrong."""
    known = memory(BROWSER, KEYS, CARRIER)
    for _ in PAUSES:
        _, keys, carrier = told(known)
    assert isinstance(keys, SetKeys)
    assert isinstance(carrier, AddCarrier)
    assert max(keys.index, carrier.index) < 2**15
    known.learn(PROGRESS._replace(sent_index=carrier.index + 1))
    _, _, after = told(known)
    assert isinstance(after, AddCarrier)
    assert after.index == carrier.index + 1 + TAKE_OVER_JUMP


def test_what_was_removed_stays_removed() -> None:
    known = memory(BROWSER, KEYS, CARRIER, TERMS, BRIDGE, RemoveBrowser(leg=1))
    assert [type(message) for message in told(known)] == [AddCarrier, SetCarrier]
    known.remember(RemoveCarrier(leg=2))
    assert told(known) == []


def test_a_browser_is_bridged_to_one_carrier_only() -> None:
    known = memory(BROWSER, CARRIER, replace(CARRIER, leg=3), BRIDGE, Bridge(carrier=3, browser=1))
    assert [message for message in told(known) if isinstance(message, Bridge)] == [Bridge(carrier=3, browser=1)]


def test_joined_carriers_are_joined_again_when_both_are_there() -> None:
    join = Join(carrier=2, other=3)
    known = memory(BROWSER, CARRIER, replace(CARRIER, leg=3), BRIDGE, join)
    assert [message for message in told(known) if isinstance(message, Bridge | Join)] == [join]
    assert told(known)[-1] == join


@pytest.mark.parametrize(
    "parting", [Bridge(carrier=3, browser=1), Bridge(carrier=2, browser=None), RemoveCarrier(leg=3)]
)
def test_who_is_parted_stays_parted(parting: Message) -> None:
    known = memory(BROWSER, CARRIER, replace(CARRIER, leg=3), Join(carrier=2, other=3), parting)
    assert not any(isinstance(message, Join) for message in told(known))


def test_counters_add_up_over_relays() -> None:
    known = memory(CARRIER)
    known.learn(PROGRESS)
    told(known)
    assert known.totals(2, dict.fromkeys(COUNTERS, 1))["received_bytes"] == 41


def test_without_a_last_word_the_latest_one_counts() -> None:
    known = memory(CARRIER)
    known.learn(PROGRESS)
    assert known.totals(2, None) == PROGRESS.counted


def test_of_legs_that_are_gone_nothing_is_learned() -> None:
    known = memory()
    known.learn(PROGRESS)
    known.learn(PROGRESS._replace(is_carrier=False))
    assert told(known) == []
    assert known.totals(2, None) == {}
