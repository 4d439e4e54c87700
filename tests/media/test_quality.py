"""The E-model against published values, and who is blamed."""

import pytest

from widget.media.quality import (
    LegMeasure,
    ServerMeasure,
    Verdict,
    burst_ratio,
    call_rating,
    leg_rating,
    mos,
    one_way_seconds,
    rating,
    verdict,
)

IDLE = ServerMeasure()
FINE = LegMeasure(round_trip_seconds=0.04, far_loss=0.0, far_jitter_seconds=0.002)


@pytest.mark.parametrize(
    ("rated", "score"), [(-5, 1.0), (0, 1.0), (50, 2.58), (60, 3.10), (70, 3.60), (80, 4.03), (90, 4.34), (110, 4.5)]
)
def test_scores_are_those_of_annex_b(rated: float, score: float) -> None:
    assert mos(rated) == pytest.approx(score, abs=0.01)


@pytest.mark.parametrize(
    ("loss", "burst", "delay", "rated"),
    [
        (0.0, 1.0, 0.0, 93.2),
        (0.01, 1.0, 0.1, 93.2 - 95 / 26.1),
        (0.05, 1.0, 0.1, 93.2 - 95 * 5 / 30.1),
        (0.05, 2.0, 0.1, 93.2 - 95 * 5 / 27.6),
        # Idd at 200 ms: X = 1, 25 (2^(1/6) - 3 (1 + 3^-6)^(1/6) + 2).
        (0.0, 1.0, 0.2, 93.2 - 3.045),
        (0.0, 1.0, 0.4, 93.2 - 24.01),
    ],
)
def test_ratings_follow_the_model(loss: float, burst: float, delay: float, rated: float) -> None:
    assert rating(loss=loss, burst_ratio=burst, delay_seconds=delay) == pytest.approx(rated, abs=0.1)


def test_bursts_are_measured_against_losses_at_random() -> None:
    assert burst_ratio(lost=0, gaps=0, loss=0.0) == 1.0
    assert burst_ratio(lost=10, gaps=10, loss=0.1) == 1.0
    assert burst_ratio(lost=40, gaps=10, loss=0.1) == pytest.approx(3.6)


def test_the_way_is_half_the_round_trips_a_packet_and_a_buffer() -> None:
    assert one_way_seconds(FINE, FINE) == pytest.approx(0.04 + 0.02 + 0.02)
    assert one_way_seconds(LegMeasure(jitter_seconds=0.05), FINE) == pytest.approx(0.02 + 0.02 + 0.1)


@pytest.mark.parametrize(
    ("browser", "carrier", "server", "expected"),
    [
        (FINE, FINE, IDLE, Verdict.GOOD),
        (LegMeasure(), LegMeasure(), IDLE, Verdict.GOOD),
        (LegMeasure(loss=0.03), LegMeasure(loss=0.01), IDLE, Verdict.AGENT_NETWORK),
        (LegMeasure(far_loss=0.03), FINE, IDLE, Verdict.AGENT_NETWORK),
        (FINE, LegMeasure(loss=0.03), IDLE, Verdict.CARRIER),
        (FINE, LegMeasure(round_trip_seconds=0.5), IDLE, Verdict.CARRIER),
        (LegMeasure(jitter_seconds=0.06), FINE, IDLE, Verdict.AGENT_NETWORK),
        (FINE, FINE, ServerMeasure(loss=0.05), Verdict.OUR_SERVER),
        (FINE, FINE, ServerMeasure(lag_seconds=0.2), Verdict.OUR_SERVER),
        (LegMeasure(silent_seconds=2), LegMeasure(loss=0.5), IDLE, Verdict.AGENT_SILENT),
        (FINE, LegMeasure(silent_seconds=9), IDLE, Verdict.CARRIER_SILENT),
        (LegMeasure(silent_seconds=2), LegMeasure(silent_seconds=2), IDLE, Verdict.BOTH_SILENT),
        (LegMeasure(silent_seconds=1), FINE, IDLE, Verdict.GOOD),
    ],
)
def test_the_verdict_names_the_worst_part(
    browser: LegMeasure, carrier: LegMeasure, server: ServerMeasure, expected: Verdict
) -> None:
    assert verdict(browser, carrier, server) is expected


def test_losses_of_the_whole_way_add_up() -> None:
    both = call_rating(LegMeasure(loss=0.05), LegMeasure(far_loss=0.05), IDLE)
    assert both == pytest.approx(rating(loss=0.0975, burst_ratio=1.0, delay_seconds=0.0))


def test_a_leg_is_rated_by_itself_and_silence_is_the_worst() -> None:
    fine, lossy, silent = leg_rating(FINE), leg_rating(LegMeasure(loss=0.05)), leg_rating(LegMeasure(silent_seconds=3))
    assert fine == pytest.approx(93.2)
    assert fine > lossy > silent
    assert mos(silent) == 1
    assert leg_rating(LegMeasure(far_loss=0.05)) == pytest.approx(lossy)
