"""A call's sound as it is kept: bounded, silences by their length, and one verdict."""

import json

import pytest

from widget.media.events import CallQuality
from widget.media.quality import LegMeasure, Verdict
from widget.models.quality import SAMPLE, QualityVerdict
from widget.switchboard.quality_log import MAX_SAMPLES, MAX_SILENCES, QualityLog, page_value

FINE = LegMeasure(round_trip_seconds=0.04, jitter_seconds=0.003)
SILENT = LegMeasure(silent_seconds=2.0)


def told(
    verdict: str = "good", *, mos: float = 4.3, agent: LegMeasure = FINE, carrier: LegMeasure = FINE
) -> CallQuality:
    return CallQuality(leg_id="c", mos=mos, verdict=verdict, browser=agent, carrier=carrier)


def test_nothing_is_known_before_something_was_told() -> None:
    assert QualityLog().record() is None


def test_a_sample_says_how_each_leg_was() -> None:
    log = QualityLog()
    log.add(told("carrier", mos=3.9, carrier=LegMeasure(loss=0.05, burst_ratio=2.04, far_jitter_seconds=0.031)), 5.2)
    record = log.record()
    assert record is not None
    sample = dict(zip(SAMPLE, record.samples[0], strict=True))
    assert (sample["at"], sample["mos"]) == (5, 3.9)
    assert (sample["agent_loss"], sample["agent_jitter_ms"], sample["agent_round_trip_ms"]) == (0, 3, 40)
    assert (sample["carrier_loss"], sample["carrier_burst_ratio"], sample["carrier_jitter_ms"]) == (0.05, 2.0, 31)
    assert sample["carrier_round_trip_ms"] is None
    agent_mos, carrier_mos = sample["agent_mos"], sample["carrier_mos"]
    assert agent_mos is not None
    assert carrier_mos is not None
    assert agent_mos > carrier_mos
    assert (record.worst_loss, record.worst_jitter_ms, record.worst_round_trip_ms) == (0.05, 31, 40)


def test_the_codecs_are_kept_and_whether_they_differed() -> None:
    log = QualityLog()
    log.add(told(), 5.0)
    record = log.record()
    assert record is not None
    assert (record.agent_codec, record.carrier_codec, record.is_transcoded) == ("", "", False)
    for browser, carrier, transcoded in (("PCMU", "PCMA", False), ("opus", "G722", True), ("G722", "G722", True)):
        log.add(told(agent=LegMeasure(codec=browser), carrier=LegMeasure(codec=carrier)), 10.0)
        record = log.record()
        assert record is not None
        assert (record.agent_codec, record.carrier_codec, record.is_transcoded) == (browser, carrier, transcoded)


def test_a_call_of_four_hours_is_bounded_and_keeps_its_worst_moment() -> None:
    log = QualityLog()
    for number in range(4 * 3600 // 5):
        log.add(told(mos=2.1 if number == 1000 else 4.3), 5.0 * number)
    record = log.record()
    assert record is not None
    assert MAX_SAMPLES / 2 <= len(record.samples) <= MAX_SAMPLES
    assert log.step_seconds == 160
    times = [sample[0] for sample in record.samples]
    assert times == sorted(times, key=lambda at: at or 0)
    assert (record.mos_lowest, record.verdict) == (2.1, "good")
    assert record.mos_mean == pytest.approx(4.3, abs=0.01)
    assert len(json.dumps(record.samples)) < 12_000


def test_silence_is_kept_with_its_beginning_and_length() -> None:
    log = QualityLog()
    log.add(told(), 5.0)
    log.add(told("carrier_silent", mos=1.0, carrier=SILENT), 8.0)
    log.add(told("carrier_silent", mos=1.0, carrier=LegMeasure(silent_seconds=4)), 10.0)
    log.add(told(), 11.0)
    log.add(told(), 15.0)
    record = log.record()
    assert record is not None
    assert record.silences == [["carrier_silent", 6.0, 5.0]]
    assert (record.verdict, record.mos_lowest, record.worst_loss) == ("carrier_silent", 1.0, 1.0)


def test_silence_that_changes_sides_is_two() -> None:
    log = QualityLog()
    log.add(told("agent_silent", agent=SILENT), 4.0)
    log.add(told("both_silent", agent=SILENT, carrier=SILENT), 5.0)
    record = log.record()
    assert record is not None
    assert [silence[0] for silence in record.silences] == ["agent_silent", "both_silent"]


def test_silences_are_bounded() -> None:
    log = QualityLog()
    for number in range(3 * MAX_SILENCES):
        log.add(told("agent_silent", agent=SILENT), 10.0 * number)
        log.add(told(), 10.0 * number + 5)
    record = log.record()
    assert record is not None
    assert len(record.silences) == MAX_SILENCES


@pytest.mark.parametrize(
    ("bad_steps", "verdict"), [(0, "good"), (1, "good"), (2, "agent_network"), (20, "agent_network")]
)
def test_the_verdict_is_named_when_it_lasted(bad_steps: int, verdict: str) -> None:
    log = QualityLog()
    for number in range(20):
        log.add(told("agent_network" if number < bad_steps else "good"), 5.0 * (number + 1))
    record = log.record()
    assert record is not None
    assert record.verdict == verdict


def test_a_call_that_nobody_could_judge_for_a_while_is_not_judged_by_that() -> None:
    log = QualityLog()
    log.add(told("carrier", mos=2.0), 3600.0)
    for number in range(30):
        log.add(told(), 3605.0 + 5 * number)
    record = log.record()
    assert record is not None
    assert record.verdict == "good"
    assert record.mos_mean > 4


def test_what_the_page_hears() -> None:
    assert page_value(told(mos=4.31)) == {
        "mos": 4.3,
        "loss": 0.0,
        "jitter_ms": 3,
        "round_trip_ms": 80,
        "verdict": "good",
    }
    silent = page_value(told("agent_silent", mos=1, agent=SILENT))
    assert (silent["loss"], silent["mos"]) == (1.0, 1)


def test_every_verdict_has_words() -> None:
    assert {verdict.value for verdict in Verdict} == set(QualityVerdict.values)
