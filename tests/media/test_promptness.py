import os

from widget.media.relay.promptness import be_prompt


def test_asking_to_be_woken_on_time_changes_no_priority() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)
    be_prompt()
    assert (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)) == before
