"""What our side does in a call of the matrix."""

from tests.sip.callers import LiveCaller, until
from tests.sip.matrix.case import Carrier, Drive, dial
from widget.sip.events import Answered, HungUp, MediaChanged, SipEvent
from widget.sip.offer_answer import answer_offer, make_offer

OUR_HOLD = make_offer(
    host="127.0.0.1", port=4000, codecs=["PCMU", "PCMA"], session_id=1, version=2, direction="sendonly"
)


def takes(change: MediaChanged) -> None:
    """As an agent's audio would: our answer to their offer, our offer where they want one."""
    if change.sdp:
        change.answer(
            answer_offer(change.sdp, host="127.0.0.1", port=4000, codecs=["PCMU"], session_id=1, version=2)[0]
        )
    else:
        change.answer(make_offer(host="127.0.0.1", port=4000, codecs=["PCMU"], session_id=1, version=2))


def after(kind: type[SipEvent], count: int = 1, *, seen: str = "") -> Drive:
    """Answer, take the far end's offers, and hang up when this was heard so often, and the carrier said this.

    `seen` must be its own words: our first ACK has the same CSeq as its, and a BYE that comes before it sent its own
    is none that it waits for.
    """

    async def drive(caller: LiveCaller, there: Carrier) -> None:
        caller.decide = takes
        dial(caller, there)
        for _ in range(count):
            await caller.heard(kind)
        await there.peer.saw(seen)
        caller.call.hang_up()

    return drive


def holds(result: type[SipEvent]) -> Drive:
    """Put the far end on hold, hear this about it, and hang up."""

    async def drive(caller: LiveCaller, there: Carrier) -> None:
        caller.decide = takes
        dial(caller, there)
        await caller.heard(Answered)
        caller.call.change_media(OUR_HOLD)
        await caller.heard(result)
        assert not any(isinstance(event, HungUp) for event in caller.events)
        caller.call.hang_up()

    return drive


def transfers(result: type[SipEvent]) -> Drive:
    async def drive(caller: LiveCaller, there: Carrier) -> None:
        dial(caller, there)
        await caller.heard(Answered)
        caller.call.transfer("300")
        await caller.heard(result)
        caller.call.hang_up()

    return drive


def when_seen(text: str, times: int = 1) -> Drive:
    """Hang up when this stands so often in what the carrier sent and received."""

    async def drive(caller: LiveCaller, there: Carrier) -> None:
        dial(caller, there)
        await caller.heard(Answered)
        await there.peer.saw(text, times)
        caller.call.hang_up()

    return drive


async def holds_until_the_end(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await caller.heard(Answered)
    caller.call.change_media(OUR_HOLD)


async def leaves_their_offer_open(caller: LiveCaller, there: Carrier) -> None:
    caller.decide = lambda _change: None
    dial(caller, there)


async def hangs_up_while_they_do(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await caller.heard(Answered)
    caller.call.hang_up()
    await until(lambda: bool(caller.events) and isinstance(caller.events[-1], HungUp))
