"""The first real call: a page on another origin, a click, speech both ways, hanging up, and the record of it."""

from __future__ import annotations

import pytest

from tests.e2e import audio
from tests.e2e.customer_page import ENDED, TALKING, CustomerPage
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e


async def test_speech_passes_both_ways_unharmed(
    page: CustomerPage, system: RunningSystem, speech: audio.Samples, account: str
) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    talking = await page.wait_for_call(TALKING)
    heard_by_agent = await page.listen(6)
    await page.hang_up()
    ended = await page.wait_for_call(ENDED)

    assert await page.statuses() == [1, 2, 3, 4]
    rate, heard_by_carrier = audio.read(system.recordings / f"{talking['callId']}.wav")
    assert rate == audio.TELEPHONE_RATE
    assert audio.likeness(heard_by_carrier, speech) > 0.9
    assert audio.likeness(heard_by_agent, speech, seconds=audio.PLAYED_SECONDS) > 0.9

    record = system.call_record(talking["callId"])
    assert (record["called"], record["state"], record["termination"]) == ("12025550100", "ended", "agent_hung_up")
    assert (record["ended_by"], record["sip_code"]) == ("agent", 200)
    assert record["duration_seconds"] == ended["duration"] >= 5
    assert None not in (record["started_at"], record["ringing_at"], record["answered_at"], record["ended_at"])
