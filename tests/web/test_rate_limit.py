"""The token bucket."""

from widget.rate_limit import TokenBucket


def test_a_burst_passes_and_then_only_the_rate() -> None:
    bucket = TokenBucket.full(rate=2, burst=3, now=0)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(0.5)
    assert not bucket.take(0.5)


def test_a_long_rest_fills_it_to_the_burst_and_no_more() -> None:
    bucket = TokenBucket.full(rate=2, burst=3, now=0)
    assert [bucket.take(1000) for _ in range(4)] == [True, True, True, False]
