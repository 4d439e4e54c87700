"""Whole calls under loss, duplication, reordering and delay: both sides end, nothing stays behind, nothing escapes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sip.far_end import CALLEE, CALLER, RELIABLE_TRUNK, TRUNK, Pair
from tests.sip.virtual import SDP, Datagram, VirtualClock, VirtualNetwork
from widget.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    Failed,
    FailureCause,
    HungUp,
    IncomingEvent,
    MediaChanged,
    Rejected,
    SipEvent,
)
from widget.sip.incoming import IncomingCall
from widget.sip.outgoing import OutgoingCall
from widget.sip.trunk import Trunk

ENDS = (Rejected, HungUp, Failed, Cancelled)
LONG_ENOUGH = 400.0
OURS: dict[str, Callable[[OutgoingCall], None]] = {
    "we change media": lambda call: call.change_media(SDP),
    "we send a digit": lambda call: call.send_dtmf("5"),
    "we transfer": lambda call: call.transfer("300"),
    "we hang up": lambda call: call.hang_up(),
}
THEIRS: dict[str, Callable[[IncomingCall], object]] = {
    "they ring": lambda call: call.ring(),
    "they play early media": lambda call: call.ring(183, SDP),
    "they answer": lambda call: call.answer(SDP),
    "they reject": lambda call: call.reject(486),
    "they challenge": lambda call: call.challenge("carrier.example", "joe", "another password"),
    "they change media": lambda call: call.change_media(SDP),
    "they send a digit": lambda call: call.send_dtmf("7"),
    "they hang up": lambda call: call.hang_up(),
}
TRUNKS = st.sampled_from([TRUNK, RELIABLE_TRUNK])
PAUSES = st.sampled_from([0.0, 0.005, 0.02, 0.3, 3.0])
STEPS = st.lists(st.tuples(st.sampled_from([*OURS, *THEIRS]), PAUSES), max_size=8)
DELAYS = (0.001, 0.01, 0.4, 1.2)


@dataclass
class Weather:
    """What becomes of each datagram: how many copies arrive, and how late; after the last fate all is fine."""

    fates: list[tuple[int, float]]
    seen: int = field(default=0)

    def copies(self, _datagram: Datagram) -> int:
        self.seen += 1
        return self.fates[self.seen - 1][0] if self.seen <= len(self.fates) else 1

    def lateness(self) -> float:
        return self.fates[self.seen - 1][1] if self.seen <= len(self.fates) else 0.01


def weathers(*copies: int) -> st.SearchStrategy[Weather]:
    fate = st.tuples(st.sampled_from(copies), st.sampled_from(DELAYS))
    return st.builds(Weather, st.lists(fate, max_size=40))


class Story:
    """One call from the dialling to its end; every offer is accepted."""

    def __init__(self, weather: Weather, trunk: Trunk) -> None:
        network = VirtualNetwork(VirtualClock(), judge=weather.copies, lateness=weather.lateness)
        self.pair = Pair(network, hear=self._hear_theirs)
        self.events: list[SipEvent] = []
        self.ours = self.pair.caller.agent.invite(
            trunk,
            call_id="story",
            number="100",
            caller="200",
            sdp=SDP,
            on_event=self._hear_ours,
        )

    def play(self, steps: list[tuple[str, float]]) -> None:
        """Do all that, then let both hang up, and let every timer run out."""
        for action, seconds in steps:
            self.pair.run(seconds)
            self._act(action)
        self.pair.run(40)
        self.ours.hang_up()
        for call in self.pair.calls:
            call.hang_up()
        self.pair.run(LONG_ENOUGH)

    def _act(self, action: str) -> None:
        if action in OURS:
            OURS[action](self.ours)
        elif self.pair.calls:
            THEIRS[action](self.pair.call)

    def _hear_ours(self, event: SipEvent) -> None:
        self.events.append(event)
        if isinstance(event, MediaChanged):
            event.answer(SDP)

    def _hear_theirs(self, event: IncomingEvent) -> None:
        self.pair.events.append(event)
        if isinstance(event, MediaChanged):
            event.answer(SDP)

    def is_over(self) -> bool:
        return self.ours.ended and all(call.ended for call in self.pair.calls)

    def leftovers(self) -> list[object]:
        """Timers, dialogs and transactions of either side."""
        left: list[object] = [self.pair.network.clock.pending] if self.pair.network.clock.pending else []
        for agent in (self.pair.caller.agent, self.pair.callee.agent):
            stack = agent._stack
            assert stack
            left += [*stack.dialogs, *stack.transactions._clients, *stack.transactions._servers]
        return left


@settings(max_examples=120, deadline=None, derandomize=True)
@given(STEPS, weathers(0, 1, 1, 1, 2), TRUNKS)
def test_every_call_ends_on_both_sides_and_leaves_nothing(
    steps: list[tuple[str, float]], weather: Weather, trunk: Trunk
) -> None:
    story = Story(weather, trunk)
    story.play(steps)
    assert story.is_over()
    assert isinstance(story.events[-1], ENDS)
    assert sum(isinstance(event, ENDS) for event in story.events) == 1
    assert not story.leftovers()


@settings(max_examples=80, deadline=None, derandomize=True)
@given(STEPS, weathers(1, 1, 2), TRUNKS)
def test_without_loss_both_sides_agree_on_what_happened(
    steps: list[tuple[str, float]], weather: Weather, trunk: Trunk
) -> None:
    """Duplicates, delay and reordering change nothing: who answered was heard, and who hung up was heard."""
    story = Story(weather, trunk)
    story.play(steps)
    faults = [event for event in (*story.events, *story.pair.events) if isinstance(event, Failed)]
    assert faults in ([], [Failed(FailureCause.AUTHENTICATION)])
    was_up = any(isinstance(event, Confirmed | HungUp) for event in story.pair.events)
    ended = story.events[-1]
    assert was_up == isinstance(ended, HungUp)
    if any(isinstance(event, Answered) for event in story.events):
        assert was_up


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 30), st.integers(0, 900), st.integers(0, 60), st.binary(max_size=40))
def test_a_mangled_copy_of_what_was_said_harms_no_call(which: int, start: int, length: int, put: bytes) -> None:
    """Any message of a call comes once more with a piece of it replaced: nothing escapes, and the call still ends."""
    story = Story(Weather([]), RELIABLE_TRUNK)
    for action in ("they play early media", "they answer", "we change media"):
        story.pair.run(0.1)
        story._act(action)
    story.pair.run(0.1)
    network = story.pair.network
    one = network.log[which % len(network.log)]
    network.send(one.source, one.target, one.data[:start] + put + one.data[start + length :])
    story.play([])
    assert story.is_over()
    assert isinstance(story.events[-1], ENDS)


def test_the_same_story_in_good_weather() -> None:
    story = Story(Weather([]), RELIABLE_TRUNK)
    story.play([("they play early media", 0.1), ("they answer", 0.1), ("we change media", 0.1), ("they hang up", 0.5)])
    assert story.pair.network.starts(CALLER).count("PRACK") == 1
    assert story.events[-1] == HungUp()
    assert "BYE" in story.pair.network.starts(CALLEE)
    assert not story.leftovers()
