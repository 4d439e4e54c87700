"""Every scripted number, from the click to the record: the order of events, who ended it and why."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.e2e import audio
from tests.e2e.customer_page import ENDED, NOT_ESTABLISHED, RINGING, TALKING, CustomerPage
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, slots=True)
class Expected:
    """How a call to a number goes when the agent does nothing but listen."""

    number: str
    statuses: tuple[int, ...]
    termination: str
    ended_by: str
    sip_code: int | None


BY_ITSELF = [
    Expected("12025550101", (1, 2, 3, 4), "customer_hung_up", "customer", 200),
    Expected("12025550102", (1, 5), "busy", "customer", 486),
    Expected("12025550104", (1, 2, 5), "declined", "customer", 603),
    Expected("12025550106", (1, 2, 3, 4), "customer_hung_up", "customer", 200),
    Expected("12025550108", (1, 5), "unavailable", "system", 503),
    Expected("12025550109", (1, 5), "not_found", "system", 404),
    Expected("12025550110", (1, 5), "carrier_silent", "system", None),
]
ANSWERS_AND_ECHOES = ["12025550105", "12025550111", "4930901820"]


@pytest.mark.parametrize("expected", BY_ITSELF, ids=lambda expected: expected.number)
async def test_a_call_that_ends_by_itself(
    expected: Expected, page: CustomerPage, system: RunningSystem, account: str
) -> None:
    await page.sign_in(account)
    await page.call(expected.number)
    last = await page.wait_for_call(expected.statuses[-1], timeout_seconds=30)

    assert await page.statuses() == list(expected.statuses)
    assert (last["calledNumber"], last["reason"]) == (expected.number, expected.termination)
    record = system.call_record(last["callId"])
    assert (record["state"], record["termination"]) == ("ended", expected.termination)
    assert (record["ended_by"], record["sip_code"]) == (expected.ended_by, expected.sip_code)
    assert (record["duration_seconds"] is None) == (TALKING not in expected.statuses)


@pytest.mark.parametrize("number", ANSWERS_AND_ECHOES)
async def test_a_call_that_answers_and_echoes(
    number: str, page: CustomerPage, system: RunningSystem, speech: audio.Samples, account: str
) -> None:
    await page.sign_in(account)
    await page.call(number)
    talking = await page.wait_for_call(TALKING)
    heard = await page.listen(4)
    await page.hang_up()
    await page.wait_for_call(ENDED)

    assert await page.statuses() == [1, 2, 3, 4]
    assert audio.likeness(heard, speech, seconds=audio.PLAYED_SECONDS) > 0.9
    assert system.call_record(talking["callId"])["termination"] == "agent_hung_up"


async def test_the_announcement_is_heard_as_it_was_sent(
    page: CustomerPage, system: RunningSystem, account: str
) -> None:
    await page.sign_in(account)
    await page.call("12025550101")
    talking = await page.wait_for_call(TALKING)
    heard = await page.listen(2)
    await page.wait_for_call(ENDED)
    _rate, sent = audio.read(system.recordings / f"{talking['callId']}-sent.wav")
    assert audio.likeness(heard, sent, seconds=audio.PLAYED_SECONDS) > 0.9


async def test_early_media_is_heard_before_the_answer(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.call("12025550105")
    await page.wait_for_call(RINGING)
    heard = await page.listen(1)
    assert TALKING not in await page.statuses()
    assert max(audio.tone_level(heard, 440), audio.tone_level(heard, 480)) > 0.01
    await page.hang_up()
    await page.wait_for_call(NOT_ESTABLISHED)


async def test_each_key_comes_back_as_its_tone_pair(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.call("12025550107")
    await page.wait_for_call(TALKING)
    await page.phone.locator("#cc-keypad-toggle").click()
    await page.phone.locator('#cc-keypad [data-key="5"]').click()
    heard = await page.listen(1.5)
    # Key 5 is 770 Hz with 1336 Hz (ITU-T Q.23); 941 Hz belongs to another row.
    assert min(audio.tone_level(heard, 770), audio.tone_level(heard, 1336)) > 5 * audio.tone_level(heard, 941)
    await page.hang_up()
    await page.wait_for_call(ENDED)


async def test_a_call_that_rings_for_ever_is_cancelled(page: CustomerPage, system: RunningSystem, account: str) -> None:
    await page.sign_in(account)
    await page.call("12025550103")
    await page.wait_for_call(RINGING)
    await page.hang_up()
    last = await page.wait_for_call(NOT_ESTABLISHED)

    assert await page.statuses() == [1, 2, 5]
    assert (await page.only("hangupCall"))["code"] == 0
    record = system.call_record(last["callId"])
    assert (record["termination"], record["ended_by"], record["duration_seconds"]) == ("cancelled", "agent", None)
