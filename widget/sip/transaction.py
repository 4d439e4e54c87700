"""The four transaction machines of RFC 3261 section 17 with RFC 6026's Accepted state, as tables.

Pure: `transition(machine, event, timers)` gives the next machine and what to do. Sending, matching and the clock are
the transaction layer's. On a reliable transport nothing is retransmitted and the waiting timers are zero. Calls differ
little, so what follows from what is remembered.
"""

from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from widget.sip.timers import Timers


class Name(Enum):
    """Members are singletons, so their identity is their hash; Enum's own hash is the slowest part of a look-up."""

    __hash__ = object.__hash__


class Kind(Name):
    """Which of the four machines."""

    INVITE_CLIENT = auto()
    NON_INVITE_CLIENT = auto()
    INVITE_SERVER = auto()
    NON_INVITE_SERVER = auto()


class State(Name):
    """The states of RFC 3261 figures 5 to 8 and RFC 6026; ABANDONED is ours: given up before the final response.

    An abandoned INVITE of ours is not sent again, and waits 64 T1 at most (section 9.1); its late responses still
    arrive, so that a call that the far end answers after all can be released. One that came in is never answered.
    """

    CALLING = auto()
    ABANDONED = auto()
    TRYING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    ACCEPTED = auto()
    TERMINATED = auto()


class Event(Name):
    """What can happen to a transaction. RESPOND_* is our own response, the other classes came from the wire."""

    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    REQUEST = auto()
    ACK = auto()
    RESPOND_PROVISIONAL = auto()
    RESPOND_SUCCESS = auto()
    RESPOND_FAILURE = auto()
    ABANDON = auto()
    TRANSPORT_ERROR = auto()
    RETRANSMIT_TIMER = auto()
    TIMEOUT_TIMER = auto()
    LINGER_TIMER = auto()


class TimerName(Name):
    """A, E and G retransmit; B, F and H give up; D, I, J, K, L and M linger to absorb retransmissions."""

    RETRANSMIT = auto()
    TIMEOUT = auto()
    LINGER = auto()


class Do(Name):
    """What the layer does for the machine."""

    SEND_REQUEST = auto()
    SEND_RESPONSE = auto()
    SEND_ACK = auto()
    TELL = auto()
    """Hand the message to the transaction user."""
    TELL_TIMEOUT = auto()
    TELL_TRANSPORT_ERROR = auto()
    BACK_OFF = auto()
    """Retransmit later: the interval doubles."""
    START_RETRANSMIT = auto()
    START_TIMEOUT = auto()
    START_LINGER = auto()


class StartTimer(NamedTuple):
    """Start this timer, in place of one of the same name."""

    name: TimerName
    seconds: float


class Machine(NamedTuple):
    """One transaction. `interval` is the last retransmission interval in seconds."""

    kind: Kind
    state: State
    reliable: bool = False
    interval: float = 0.0


Action = Do | StartTimer
Step = tuple[State, tuple[Do, ...]]
Table = dict[tuple[State, Event], Step]

INVITE_CLIENT: Table = {
    (State.CALLING, Event.RETRANSMIT_TIMER): (State.CALLING, (Do.SEND_REQUEST, Do.BACK_OFF)),
    (State.CALLING, Event.TIMEOUT_TIMER): (State.TERMINATED, (Do.TELL_TIMEOUT,)),
    (State.CALLING, Event.TRANSPORT_ERROR): (State.TERMINATED, (Do.TELL_TRANSPORT_ERROR,)),
    (State.CALLING, Event.ABANDON): (State.ABANDONED, (Do.START_TIMEOUT,)),
    (State.CALLING, Event.PROVISIONAL): (State.PROCEEDING, (Do.TELL,)),
    (State.CALLING, Event.SUCCESS): (State.ACCEPTED, (Do.START_LINGER, Do.TELL)),
    (State.CALLING, Event.FAILURE): (State.COMPLETED, (Do.SEND_ACK, Do.START_LINGER, Do.TELL)),
    (State.ABANDONED, Event.TIMEOUT_TIMER): (State.TERMINATED, (Do.TELL_TIMEOUT,)),
    (State.ABANDONED, Event.PROVISIONAL): (State.ABANDONED, (Do.TELL,)),
    (State.ABANDONED, Event.ABANDON): (State.ABANDONED, (Do.START_TIMEOUT,)),
    (State.ABANDONED, Event.SUCCESS): (State.ACCEPTED, (Do.START_LINGER, Do.TELL)),
    (State.ABANDONED, Event.FAILURE): (State.COMPLETED, (Do.SEND_ACK, Do.START_LINGER, Do.TELL)),
    (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Do.TELL,)),
    (State.PROCEEDING, Event.ABANDON): (State.ABANDONED, (Do.START_TIMEOUT,)),
    (State.PROCEEDING, Event.SUCCESS): (State.ACCEPTED, (Do.START_LINGER, Do.TELL)),
    (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Do.SEND_ACK, Do.START_LINGER, Do.TELL)),
    (State.ACCEPTED, Event.SUCCESS): (State.ACCEPTED, (Do.TELL,)),
    (State.ACCEPTED, Event.LINGER_TIMER): (State.TERMINATED, ()),
    (State.COMPLETED, Event.FAILURE): (State.COMPLETED, (Do.SEND_ACK,)),
    (State.COMPLETED, Event.TRANSPORT_ERROR): (State.TERMINATED, ()),
    (State.COMPLETED, Event.LINGER_TIMER): (State.TERMINATED, ()),
}

NON_INVITE_CLIENT: Table = {
    (State.TRYING, Event.RETRANSMIT_TIMER): (State.TRYING, (Do.SEND_REQUEST, Do.BACK_OFF)),
    (State.TRYING, Event.TIMEOUT_TIMER): (State.TERMINATED, (Do.TELL_TIMEOUT,)),
    (State.TRYING, Event.TRANSPORT_ERROR): (State.TERMINATED, (Do.TELL_TRANSPORT_ERROR,)),
    (State.TRYING, Event.PROVISIONAL): (State.PROCEEDING, (Do.TELL,)),
    (State.TRYING, Event.SUCCESS): (State.COMPLETED, (Do.START_LINGER, Do.TELL)),
    (State.TRYING, Event.FAILURE): (State.COMPLETED, (Do.START_LINGER, Do.TELL)),
    (State.PROCEEDING, Event.RETRANSMIT_TIMER): (State.PROCEEDING, (Do.SEND_REQUEST, Do.BACK_OFF)),
    (State.PROCEEDING, Event.TIMEOUT_TIMER): (State.TERMINATED, (Do.TELL_TIMEOUT,)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): (State.TERMINATED, (Do.TELL_TRANSPORT_ERROR,)),
    (State.PROCEEDING, Event.PROVISIONAL): (State.PROCEEDING, (Do.TELL,)),
    (State.PROCEEDING, Event.SUCCESS): (State.COMPLETED, (Do.START_LINGER, Do.TELL)),
    (State.PROCEEDING, Event.FAILURE): (State.COMPLETED, (Do.START_LINGER, Do.TELL)),
    (State.COMPLETED, Event.LINGER_TIMER): (State.TERMINATED, ()),
}

INVITE_SERVER: Table = {
    (State.PROCEEDING, Event.REQUEST): (State.PROCEEDING, (Do.SEND_RESPONSE,)),
    (State.PROCEEDING, Event.RESPOND_PROVISIONAL): (State.PROCEEDING, (Do.SEND_RESPONSE,)),
    (State.PROCEEDING, Event.RESPOND_SUCCESS): (State.ACCEPTED, (Do.SEND_RESPONSE, Do.START_LINGER)),
    (State.PROCEEDING, Event.RESPOND_FAILURE): (
        State.COMPLETED,
        (Do.SEND_RESPONSE, Do.START_RETRANSMIT, Do.START_TIMEOUT),
    ),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): (State.TERMINATED, (Do.TELL_TRANSPORT_ERROR,)),
    (State.PROCEEDING, Event.ABANDON): (State.ABANDONED, (Do.START_LINGER,)),
    (State.ABANDONED, Event.LINGER_TIMER): (State.TERMINATED, ()),
    (State.ACCEPTED, Event.RESPOND_SUCCESS): (State.ACCEPTED, (Do.SEND_RESPONSE,)),
    (State.ACCEPTED, Event.ACK): (State.ACCEPTED, (Do.TELL,)),
    (State.ACCEPTED, Event.TRANSPORT_ERROR): (State.TERMINATED, (Do.TELL_TRANSPORT_ERROR,)),
    (State.ACCEPTED, Event.LINGER_TIMER): (State.TERMINATED, ()),
    (State.COMPLETED, Event.REQUEST): (State.COMPLETED, (Do.SEND_RESPONSE,)),
    (State.COMPLETED, Event.RETRANSMIT_TIMER): (State.COMPLETED, (Do.SEND_RESPONSE, Do.BACK_OFF)),
    (State.COMPLETED, Event.TIMEOUT_TIMER): (State.TERMINATED, (Do.TELL_TIMEOUT,)),
    (State.COMPLETED, Event.TRANSPORT_ERROR): (State.TERMINATED, (Do.TELL_TRANSPORT_ERROR,)),
    (State.COMPLETED, Event.ACK): (State.CONFIRMED, (Do.START_LINGER,)),
    (State.CONFIRMED, Event.LINGER_TIMER): (State.TERMINATED, ()),
}

NON_INVITE_SERVER: Table = {
    (State.TRYING, Event.RESPOND_PROVISIONAL): (State.PROCEEDING, (Do.SEND_RESPONSE,)),
    (State.TRYING, Event.RESPOND_SUCCESS): (State.COMPLETED, (Do.SEND_RESPONSE, Do.START_LINGER)),
    (State.TRYING, Event.RESPOND_FAILURE): (State.COMPLETED, (Do.SEND_RESPONSE, Do.START_LINGER)),
    (State.PROCEEDING, Event.REQUEST): (State.PROCEEDING, (Do.SEND_RESPONSE,)),
    (State.PROCEEDING, Event.RESPOND_PROVISIONAL): (State.PROCEEDING, (Do.SEND_RESPONSE,)),
    (State.PROCEEDING, Event.RESPOND_SUCCESS): (State.COMPLETED, (Do.SEND_RESPONSE, Do.START_LINGER)),
    (State.PROCEEDING, Event.RESPOND_FAILURE): (State.COMPLETED, (Do.SEND_RESPONSE, Do.START_LINGER)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): (State.TERMINATED, (Do.TELL_TRANSPORT_ERROR,)),
    (State.COMPLETED, Event.REQUEST): (State.COMPLETED, (Do.SEND_RESPONSE,)),
    (State.COMPLETED, Event.TRANSPORT_ERROR): (State.TERMINATED, (Do.TELL_TRANSPORT_ERROR,)),
    (State.COMPLETED, Event.LINGER_TIMER): (State.TERMINATED, ()),
}

TABLES = {
    Kind.INVITE_CLIENT: INVITE_CLIENT,
    Kind.NON_INVITE_CLIENT: NON_INVITE_CLIENT,
    Kind.INVITE_SERVER: INVITE_SERVER,
    Kind.NON_INVITE_SERVER: NON_INVITE_SERVER,
}

# A timer outlives a change of state only where both states hear it; the layer cancels the others.
TIMERS_OF_STATE = {
    (kind, state): frozenset(
        name
        for name, event in (
            (TimerName.RETRANSMIT, Event.RETRANSMIT_TIMER),
            (TimerName.TIMEOUT, Event.TIMEOUT_TIMER),
            (TimerName.LINGER, Event.LINGER_TIMER),
        )
        if (state, event) in table
    )
    for kind, table in TABLES.items()
    for state in State
}

EVENT_OF_TIMER = {
    TimerName.RETRANSMIT: Event.RETRANSMIT_TIMER,
    TimerName.TIMEOUT: Event.TIMEOUT_TIMER,
    TimerName.LINGER: Event.LINGER_TIMER,
}


@lru_cache(maxsize=64)
def start(kind: Kind, timers: Timers, *, reliable: bool = False) -> tuple[Machine, tuple[Action, ...]]:
    """A new transaction. A client's first actions send the request and start A and B, or E and F."""
    if kind in {Kind.INVITE_SERVER, Kind.NON_INVITE_SERVER}:
        state = State.PROCEEDING if kind is Kind.INVITE_SERVER else State.TRYING
        return Machine(kind, state, reliable), ()
    state = State.CALLING if kind is Kind.INVITE_CLIENT else State.TRYING
    machine = Machine(kind, state, reliable, timers.t1)
    timeout = StartTimer(TimerName.TIMEOUT, timers.transaction_seconds)
    if reliable:
        return machine, (timeout, Do.SEND_REQUEST)
    return machine, (StartTimer(TimerName.RETRANSMIT, timers.t1), timeout, Do.SEND_REQUEST)


@lru_cache(maxsize=1024)
def transition(machine: Machine, event: Event, timers: Timers) -> tuple[Machine, tuple[Action, ...]]:
    """The next machine and the actions; an event that the state does not know changes nothing."""
    step = TABLES[machine.kind].get((machine.state, event))
    if step is None:
        return machine, ()
    state, wanted = step
    interval = next_interval(machine, wanted, timers)
    actions: list[Action] = []
    for do in wanted:
        timer = timer_for(do, machine, state, interval, timers)
        if timer is not None:
            actions.append(timer)
        elif do not in {Do.BACK_OFF, Do.START_RETRANSMIT}:
            actions.append(do)
    return Machine(machine.kind, state, machine.reliable, interval), tuple(actions)


def next_interval(machine: Machine, wanted: tuple[Do, ...], timers: Timers) -> float:
    """Timer A doubles for ever, E and G up to T2; a non-INVITE request that is being worked on is repeated every T2."""
    if Do.START_RETRANSMIT in wanted:
        return timers.t1
    if Do.BACK_OFF not in wanted:
        return machine.interval
    if machine.kind is Kind.INVITE_CLIENT:
        return machine.interval * 2
    if machine.state is State.PROCEEDING:
        return timers.t2
    return min(machine.interval * 2, timers.t2)


def timer_for(do: Do, machine: Machine, state: State, interval: float, timers: Timers) -> StartTimer | None:
    """The timer that an action starts, with its length in this state."""
    if do is Do.START_TIMEOUT:
        return StartTimer(TimerName.TIMEOUT, timers.transaction_seconds)
    if do is Do.START_LINGER:
        return StartTimer(TimerName.LINGER, linger_seconds(machine, state, timers))
    if do in {Do.BACK_OFF, Do.START_RETRANSMIT} and not machine.reliable:
        return StartTimer(TimerName.RETRANSMIT, interval)
    return None


def linger_seconds(machine: Machine, state: State, timers: Timers) -> float:
    """L and M are 64 T1 on any transport; D and J 64 T1, I and K T4, and zero on a reliable one."""
    if state in {State.ACCEPTED, State.ABANDONED}:
        return timers.transaction_seconds
    if machine.reliable:
        return 0.0
    short = state is State.CONFIRMED or machine.kind is Kind.NON_INVITE_CLIENT
    return timers.t4 if short else timers.transaction_seconds
