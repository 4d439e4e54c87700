"""What is counted of a trunk: every INVITE once, with RFC 6076's delay."""

from datetime import date

import pytest

from widget.sip.events import Answered, Failed, FailureCause, HungUp, Progress, Rejected, Ringing, SipEvent, Trying
from widget.switchboard.attempts import Attempts, TrunkAttempt

DAY = date(2026, 1, 2)


class Clock:
    now = 10.0

    def __call__(self) -> float:
        return self.now


def settled(sip_code: int, delay_ms: int | None = None, trunk_id: int = 1) -> TrunkAttempt:
    return TrunkAttempt(trunk_id=trunk_id, day=DAY, sip_code=sip_code, delay_ms=delay_ms)


def test_the_delay_ends_with_the_first_response_that_says_more_than_100() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    attempts.begin(1, DAY)
    attempts.heard(Trying())
    clock.now += 1.5
    attempts.heard(Progress(183, None), sent_at=10.25)
    clock.now += 5
    attempts.heard(Ringing(None))
    assert attempts.take() == ()
    attempts.heard(Answered("v=0"))
    attempts.heard(HungUp(""))
    attempts.call_ended()
    assert attempts.take() == (settled(200, 1250),)
    assert attempts.take() == ()


def test_each_trunk_that_was_tried_is_counted() -> None:
    attempts = Attempts(Clock())
    attempts.begin(1, DAY)
    attempts.heard(Rejected(503, "", "", None))
    attempts.begin(2, DAY)
    attempts.heard(Failed(FailureCause.NO_RESPONSE))
    attempts.begin(3, DAY)
    attempts.heard(Ringing(None))
    attempts.call_ended()
    assert attempts.take() == (settled(503), settled(0, trunk_id=2), settled(487, 0, trunk_id=3))


def test_an_inbound_call_is_no_attempt() -> None:
    attempts = Attempts(Clock())
    attempts.heard(HungUp(""))
    attempts.call_ended()
    assert attempts.take() == ()


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        ([Ringing(None), Answered("v=0")], [True]),
        ([Progress(183, None), Failed(FailureCause.TIMEOUT)], [True]),
        ([Rejected(486, "", "", None)], [True]),
        ([Rejected(503, "", "", None)], []),
        ([Trying(), Failed(FailureCause.NO_RESPONSE)], [False]),
        ([Failed(FailureCause.TRANSPORT)], [False]),
        ([Failed(FailureCause.AUTHENTICATION)], []),
    ],
)
def test_an_invite_tells_whether_its_trunk_lives(happened: list[SipEvent], told: list[bool]) -> None:
    heard: list[tuple[int, bool]] = []
    attempts = Attempts(Clock(), tell=lambda trunk_id, lives: heard.append((trunk_id, lives)))
    attempts.begin(7, DAY)
    for event in happened:
        attempts.heard(event)
    assert heard == [(7, lives) for lives in told]
