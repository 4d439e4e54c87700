"""The two clocks, read together."""

import time
from datetime import UTC, datetime

from widget.calls.moment import Moment


def now() -> Moment:
    return Moment(datetime.now(UTC), time.monotonic())
