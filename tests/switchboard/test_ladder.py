"""The SIP messages of a call end up in its record: all of them, in order, without secrets, and not for ever."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from tests.switchboard.board import SETTINGS, Board, Seat, running_board
from tests.web.factories import make_agent, make_application, make_ended_call
from widget.models import Call, CallMessage, InboundNumber, Mode, Trunk
from widget.sip.trunk import Transport
from widget.switchboard import ladder_store
from widget.switchboard.ladder import Ladder
from widget.switchboard.ladder_recorder import (
    FIRST_WRITE_SECONDS,
    LINGER_SECONDS,
    MAX_LAST,
    MAX_MESSAGES,
    SETTLE_SECONDS,
    UNCLAIMED_SECONDS,
    LadderRecorder,
)

CALL = "0123456789abcdef0123456789abcdef"
HEIR = "fedcba9876543210fedcba9876543210"
PEER = ("192.0.2.1", 5060)


class Wire:
    """The only thing that a recorder wants of a transport."""

    kind = Transport.UDP
    reliable = False
    family = 2
    address = ("192.0.2.9", 5060)

    def send(self, data: bytes, remote: tuple[str, int]) -> None: ...

    def local_address(self, remote: tuple[str, int]) -> tuple[str, int]:
        return self.address

    def close(self) -> None: ...


class Tape:
    """A recorder with a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.recorder = LadderRecorder(clock=lambda: self.now)
        self.wire = Wire()

    def sent(self, start: str, call_id: str = CALL) -> None:
        self.recorder.sent(told(start, call_id), PEER, self.wire)

    def heard(self, start: str, call_id: str = CALL) -> None:
        self.recorder.received(told(start, call_id), call_id, PEER, self.wire)

    def taken(self) -> list[str]:
        """What is due now: arrow and start line of each message, with the number of its repetitions."""
        return [
            f"{'>' if noted.is_sent else '<'}{noted.data.partition(b' SIP')[0].decode()}*{noted.repeats}"
            for batch in self.recorder.take()
            for noted in batch.messages
        ]


def told(start: str, call_id: str) -> bytes:
    text = start if start.startswith("SIP/2.0") else f"{start} SIP/2.0"
    return f"{text}\r\nVia: SIP/2.0/UDP h;branch=z\r\nCall-ID: {call_id}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.fixture
def tape() -> Tape:
    return Tape()


class TestRecorder:
    def test_a_call_of_ours_is_written_soon_after_its_end(self, tape: Tape) -> None:
        tape.sent("INVITE sip:1")
        tape.heard("SIP/2.0 180 Ringing")
        assert tape.taken() == []
        tape.recorder.end(CALL)
        tape.heard("SIP/2.0 487 Gone")
        assert tape.taken() == []
        tape.now += SETTLE_SECONDS
        assert len(tape.taken()) == 3
        assert tape.taken() == []

    def test_every_attempt_belongs_to_the_call(self, tape: Tape) -> None:
        tape.sent("INVITE sip:1")
        tape.sent("INVITE sip:2", f"{CALL}-7")
        tape.recorder.end(CALL)
        tape.now += SETTLE_SECONDS
        assert tape.taken() == [">INVITE sip:1*0", ">INVITE sip:2*0"]

    def test_retransmissions_are_counted(self, tape: Tape) -> None:
        for _ in range(3):
            tape.sent("INVITE sip:1")
            tape.now += 0.5
        tape.recorder.end(CALL)
        tape.now += SETTLE_SECONDS
        (batch,) = tape.recorder.take()
        (noted,) = batch.messages
        assert (noted.repeats, noted.last_at - noted.at) == (2, 1.0)

    def test_a_long_call_is_written_meanwhile(self, tape: Tape) -> None:
        tape.sent("INVITE sip:1")
        tape.now += FIRST_WRITE_SECONDS
        assert tape.taken() == [">INVITE sip:1*0"]
        tape.sent("BYE sip:1")
        assert tape.taken() == []
        tape.recorder.end(CALL)
        tape.now += SETTLE_SECONDS
        assert tape.taken() == [">BYE sip:1*0"]

    def test_a_dialog_that_is_handed_over_goes_on_in_the_other_calls_ladder(self, tape: Tape) -> None:
        tape.sent("INVITE sip:1")
        tape.recorder.hand_over(CALL, HEIR)
        tape.recorder.hand_over(CALL, HEIR)
        tape.recorder.end(CALL)
        tape.sent("BYE sip:1")
        tape.recorder.end(HEIR)
        tape.now += SETTLE_SECONDS
        batches = tape.recorder.take()
        assert [(batch.call_id, len(batch.messages)) for batch in batches] == [(CALL, 1), (HEIR, 1)]
        tape.recorder.hand_over("unknown", HEIR)

    def test_what_is_not_about_a_call_is_not_kept(self, tape: Tape) -> None:
        tape.sent("REGISTER sip:1")
        tape.sent("OPTIONS sip:1", "else")
        tape.sent("INVITE sip:1", "not-ours")
        tape.heard("INVITE sip:1", "stranger")
        tape.recorder.sent(b"\r\n\r\n", PEER, tape.wire)
        assert tape.recorder.take(everything=True) == []
        assert not tape.recorder._traces

    def test_an_inbound_call_is_whole_once_it_has_a_record(self, tape: Tape) -> None:
        tape.heard("INVITE sip:1", "theirs")
        tape.sent("SIP/2.0 100 Trying", "theirs")
        tape.recorder.bind("theirs", CALL)
        tape.sent("SIP/2.0 180 Ringing", "theirs")
        tape.recorder.end(CALL)
        tape.now += SETTLE_SECONDS
        assert len(tape.taken()) == 3

    def test_an_inbound_call_is_of_the_agent_who_gets_it_last(self, tape: Tape) -> None:
        tape.heard("INVITE sip:1", "theirs")
        tape.sent("SIP/2.0 100 Trying", "theirs")
        for call_id in ("f" * 32, CALL):
            tape.recorder.bind("theirs", call_id)
        tape.recorder.end(CALL)
        tape.now += SETTLE_SECONDS
        (batch,) = tape.recorder.take()
        assert batch.call_id == CALL

    def test_an_inbound_call_that_nobody_takes_is_forgotten(self, tape: Tape) -> None:
        tape.heard("INVITE sip:1", "theirs")
        tape.sent("SIP/2.0 100 Trying", "theirs")
        tape.now += UNCLAIMED_SECONDS
        assert tape.taken() == []
        assert not tape.recorder._traces

    def test_nothing_is_held_of_a_call_that_is_long_over(self, tape: Tape) -> None:
        tape.sent("INVITE sip:1")
        tape.recorder.end(CALL)
        tape.now += LINGER_SECONDS
        assert tape.taken()
        assert not tape.recorder._traces
        assert not tape.recorder._of_call

    def test_a_flood_is_kept_from_both_ends(self, tape: Tape) -> None:
        tape.sent("INVITE sip:1")
        for number in range(MAX_MESSAGES + 500):
            tape.heard(f"OPTIONS sip:{number}")
        tape.heard("BYE sip:last")
        tape.recorder.end(CALL)
        tape.now += SETTLE_SECONDS
        kept = tape.taken()
        assert len(kept) == MAX_MESSAGES + MAX_LAST
        assert (kept[0], kept[-1]) == (">INVITE sip:1*0", "<BYE sip:last*0")


@pytest.mark.django_db(transaction=True)
class TestStore:
    def write(self, tape: Tape) -> list[CallMessage]:
        ladder_store.write(tape.recorder.take(everything=True))
        return list(CallMessage.objects.all())

    @pytest.fixture
    def call(self) -> Call:
        agent = make_agent(make_application())
        return make_ended_call(agent, id=CALL, called="+4930123456")

    def test_rows(self, tape: Tape, call: Call) -> None:
        tape.sent("INVITE sip:+4930123456@h")
        tape.now += 0.5
        tape.sent("INVITE sip:+4930123456@h")
        (row,) = self.write(tape)
        assert (row.call_id, row.is_sent, row.remote, row.transport) == (CALL, True, "192.0.2.1:5060", "UDP")
        assert (row.start_line, row.repeats) == ("INVITE sip:+4930123456@h SIP/2.0", 1)
        assert row.last_at is not None
        assert row.last_at - row.at == timedelta(seconds=0.5)
        assert abs(row.at - timezone.now()) < timedelta(seconds=60)

    def test_a_call_without_a_record_leaves_nothing(self, tape: Tape) -> None:
        tape.sent("INVITE sip:1")
        assert self.write(tape) == []

    @pytest.mark.parametrize("written", ["+4930123456", "004930123456", "030123456"])
    def test_masked_numbers_are_masked_however_they_are_written(self, tape: Tape, call: Call, written: str) -> None:
        Mode.objects.update(masks_numbers=True)
        tape.sent(f"INVITE sip:{written}@192.0.2.1")
        (row,) = self.write(tape)
        assert "0123456@" not in row.text
        assert "@192.0.2.1" in row.text
        assert "•" in row.start_line

    def test_what_is_old_is_deleted_in_portions(self, call: Call) -> None:
        old = timezone.now() - timedelta(days=8)
        for at in (old, old, old, timezone.now()):
            CallMessage.objects.create(call=call, at=at, is_sent=True)
        assert ladder_store.purge(7, at_most=2) == 2
        assert ladder_store.purge(7, at_most=2) == 1
        assert CallMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
async def test_a_database_that_is_down_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    call = await sync_to_async(lambda: make_ended_call(make_agent(make_application()), id=CALL))()
    tape, real = Tape(), ladder_store.write
    ladder = Ladder(7, recorder=tape.recorder)
    tape.sent("INVITE sip:1")

    def refuse(batches: object) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr(ladder_store, "write", refuse)
    await ladder.write(everything=True)
    monkeypatch.setattr(ladder_store, "write", real)
    await ladder.write()
    assert await CallMessage.objects.filter(call=call).acount() == 1


@pytest.mark.django_db(transaction=True)
async def test_two_writers_at_once_write_each_message_once() -> None:
    """The sweep of each second, and whoever stops the ladder."""
    tape = Tape()
    call = await sync_to_async(lambda: make_ended_call(make_agent(make_application()), id=CALL))()
    tape.sent("INVITE sip:1")
    ladder = Ladder(7, recorder=tape.recorder)
    await asyncio.gather(*(ladder.write(everything=True) for _ in range(3)))
    assert await CallMessage.objects.filter(call=call).acount() == 1


async def messages_of(board: Board, call: Call) -> list[str]:
    await board.exchange.services.ladder.write(everything=True)
    rows = CallMessage.objects.filter(call=call).order_by("at", "pk")
    return [f"{'>' if row.is_sent else '<'}{short(row.start_line)}" async for row in rows]


def short(start_line: str) -> str:
    words = start_line.split(" ")
    return words[1] if words[0] == "SIP/2.0" else words[0]


async def test_a_call_with_sign_in(board: Board, seat: Seat) -> None:
    await seat.dial("12025550111")
    await seat.talking()
    await seat.hang_up()
    call = await seat.ended()
    await board.exchange.services.sip.close()
    said = await messages_of(board, call)
    assert [each for each in said if each not in {"<100", "<180", "<183"}] == [
        ">INVITE", "<407", ">ACK", ">INVITE", "<200", ">ACK", ">BYE", "<200",
    ]  # fmt: skip
    texts = "\n".join([row.text async for row in CallMessage.objects.filter(call=call)])
    assert 'response="•••"' in texts
    assert 'realm="' in texts


async def test_an_inbound_call(board: Board, seat: Seat) -> None:
    await sync_to_async(bind_number)(seat)
    await board.exchange.trunks.refresh()
    placed = await board.carrier.call(board.exchange.services.sip.address, "4930100")
    await seat.until_call(lambda call: call.state == "ringing")
    placed.hang_up()
    call = await seat.ended()
    said = await messages_of(board, call)
    assert said[:3] == ["<INVITE", ">100", ">180"]
    assert {"<CANCEL", ">487"} <= set(said)


def bind_number(seat: Seat) -> None:
    InboundNumber.objects.create(trunk=Trunk.objects.get(), number="4930100", group=seat.agent.group)


async def test_zero_days_keep_nothing(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = {**SETTINGS, "SIP_LADDER_DAYS": 0}
    async with running_board(time_scale=0.1) as board:
        seat = await board.seat()
        await seat.sign_in()
        await seat.dial("12025550100")
        await seat.talking()
        await seat.hang_up()
        call = await seat.ended()
        assert await messages_of(board, call) == []
