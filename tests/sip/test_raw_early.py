"""Before the answer: forks that ring, ask and answer in any order, byte by byte."""

import pytest

from tests.sip.far_end import TRUNK
from tests.sip.raw_callee import RawCallee
from tests.sip.virtual import SDP, Caller, VirtualNetwork
from widget.sip.events import Answered, HungUp, Rejected, SipEvent


@pytest.fixture
def far(network: VirtualNetwork) -> RawCallee:
    return RawCallee(network)


def told(caller: Caller) -> SipEvent:
    """What the owner heard last."""
    return caller.events[-1]


@pytest.mark.parametrize(("method", "code"), [("UPDATE", 200), ("OPTIONS", 200), ("INFO", 200), ("NOTIFY", 481)])
def test_a_phone_that_rings_may_ask_in_its_early_dialog(caller: Caller, far: RawCallee, method: str, code: int) -> None:
    caller.call(TRUNK)
    far.run()
    far.ask(method, tag="nobody")
    assert far.starts()[-1] == f"481 {method}"
    far.reply(180)
    far.ask(method)
    assert far.starts()[-1] == f"{code} {method}"
    far.answer()
    far.ask(method)
    assert far.starts()[-1] == f"{code} {method}"
    assert far.starts().count("ACK") == 1


def test_an_offer_before_the_first_answer_has_to_come_again(caller: Caller, far: RawCallee) -> None:
    caller.call(TRUNK)
    far.run()
    far.reply(180)
    far.ask("UPDATE", body=SDP)
    assert far.response("500 UPDATE").header("Retry-After")
    far.answer()
    assert isinstance(told(caller), Answered)


def test_what_asked_early_is_forgotten_with_the_call(caller: Caller, far: RawCallee) -> None:
    call = caller.call(TRUNK)
    far.run()
    far.reply(180, tag="one")
    far.reply(180, tag="two")
    far.ask("INFO", tag="one")
    call.hang_up()
    far.run()
    far.reply(200, to="CANCEL")
    far.reply(487, tag="two")
    assert told(caller) == Rejected(487, "As The Test Says")
    for tag in ("one", "two"):
        far.ask("INFO", tag=tag)
        assert far.starts()[-1] == "481 INFO"


def test_a_fork_that_hung_up_early_and_answers_after_all_is_a_call(caller: Caller, far: RawCallee) -> None:
    caller.call(TRUNK)
    far.run()
    far.reply(180)
    far.ask("BYE")
    far.answer()
    assert isinstance(told(caller), Answered)
    far.ask("BYE")
    assert far.starts()[-1] == "200 BYE"
    assert isinstance(told(caller), HungUp)


def test_forks_that_answer_the_other_way_round(caller: Caller, far: RawCallee) -> None:
    caller.call(TRUNK)
    far.run()
    for tag in ("one", "two"):
        far.reply(183, tag=tag, body=SDP.replace("4000", f"40{len(tag)}0"))
    far.reply(200, tag="two", body=SDP)
    far.reply(200, tag="one", body=SDP)
    assert [each for each in far.starts() if each in {"ACK", "BYE"}] == ["ACK", "ACK", "BYE"]
    assert far.request("BYE").to_tag == "one"
    far.reply(200, to="BYE")
    far.ask("INFO", tag="two")
    assert far.starts()[-1] == "200 INFO"


@pytest.mark.parametrize("code", [181, 182, 183, 199])
def test_provisional_responses_of_every_kind_leave_the_call_waiting(caller: Caller, far: RawCallee, code: int) -> None:
    caller.call(TRUNK)
    far.run()
    far.reply(code)
    far.run(20)
    far.answer()
    assert isinstance(told(caller), Answered)
