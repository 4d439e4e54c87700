"""The E-model by codec: each at its best, and what losses make of it."""

import pytest

from widget.media.codings import G711, G722, OPUS, Coding, coding_of
from widget.media.quality import LegMeasure, ServerMeasure, call_rating, leg_rating, mos, rating


@pytest.mark.parametrize(("coding", "best"), [(G711, 93.2), (G722, (129 - 13) / 1.29), (OPUS, (148 - 16.83) / 1.48)])
def test_each_codec_is_good_at_its_best(coding: Coding, best: float) -> None:
    assert rating(loss=0.0, burst_ratio=1.0, delay_seconds=0.0, coding=coding) == pytest.approx(best)
    assert 4.2 < mos(best) < 4.5


@pytest.mark.parametrize(
    ("coding", "rated"),
    [
        (G711, 93.2 - 95 * 5 / 30.1),
        (G722, (129 - 13 - 82 * 5 / 30.1) / 1.29),
        (OPUS, (148 - 16.83 - 115.17 * 5 / 15.44) / 1.48),
    ],
)
def test_five_percent_of_loss_by_hand(coding: Coding, rated: float) -> None:
    assert rating(loss=0.05, burst_ratio=1.0, delay_seconds=0.0, coding=coding) == pytest.approx(rated)


@pytest.mark.parametrize("coding", [G711, G722, OPUS])
def test_more_loss_and_longer_bursts_are_never_better(coding: Coding) -> None:
    random = [rating(loss=loss / 100, burst_ratio=1.0, delay_seconds=0.0, coding=coding) for loss in range(0, 100, 5)]
    bursty = [rating(loss=loss / 100, burst_ratio=3.0, delay_seconds=0.0, coding=coding) for loss in range(0, 100, 5)]
    assert random == sorted(random, reverse=True)
    assert all(long <= short for long, short in zip(bursty, random, strict=True))


def test_the_narrowest_codec_is_what_is_left_of_the_band() -> None:
    assert coding_of("opus", "G722") is G722
    assert coding_of("G722", "PCMA") is G711
    assert coding_of("opus", "opus") is OPUS
    assert coding_of("unknown") is coding_of() is G711


def test_calls_and_legs_are_rated_by_their_codecs() -> None:
    wide, narrow = LegMeasure(codec="G722"), LegMeasure(codec="PCMU")
    assert call_rating(wide, wide, ServerMeasure()) == leg_rating(wide) == pytest.approx(116 / 1.29)
    assert call_rating(narrow, wide, ServerMeasure()) == leg_rating(narrow) == pytest.approx(93.2)
