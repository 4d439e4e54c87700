"""Every state against every event of the four machines, and every timer, on arguments instead of a clock."""

import itertools

import pytest

from widget.sip.timers import Timers
from widget.sip.transaction import (
    TABLES,
    TIMERS_OF_STATE,
    Do,
    Event,
    Kind,
    Machine,
    StartTimer,
    State,
    TimerName,
    start,
    transition,
)

TIMERS = Timers()
CLIENT_EVENTS = {Event.PROVISIONAL, Event.SUCCESS, Event.FAILURE}
SERVER_EVENTS = {Event.REQUEST, Event.RESPOND_PROVISIONAL, Event.RESPOND_SUCCESS, Event.RESPOND_FAILURE}


def after(kind: Kind, *events: Event, reliable: bool = False) -> Machine:
    """The machine after some events."""
    machine, _ = start(kind, TIMERS, reliable=reliable)
    for event in events:
        machine, _ = transition(machine, event, TIMERS)
    return machine


def timers_of(actions: tuple[object, ...]) -> dict[TimerName, float]:
    return {action.name: action.seconds for action in actions if isinstance(action, StartTimer)}


@pytest.mark.parametrize(("kind", "state", "event"), list(itertools.product(Kind, State, Event)))
def test_only_the_table_moves_a_machine(kind: Kind, state: State, event: Event) -> None:
    machine = Machine(kind, state, interval=TIMERS.t1)
    result, actions = transition(machine, event, TIMERS)
    if (state, event) not in TABLES[kind]:
        assert (result, actions) == (machine, ())
        return
    assert result.state is TABLES[kind][state, event][0]
    assert result.kind is kind


@pytest.mark.parametrize(("kind", "state"), list(itertools.product(Kind, State)))
def test_terminated_is_the_end_and_every_other_state_can_reach_it(kind: Kind, state: State) -> None:
    table = TABLES[kind]
    known = {each for each, _ in table}
    if state is State.TERMINATED:
        assert state not in known
    if state not in known:
        return
    reached, frontier = {state}, {state}
    while frontier:
        frontier = {target for (source, _), (target, _) in table.items() if source in frontier} - reached
        reached |= frontier
    assert State.TERMINATED in reached


@pytest.mark.parametrize(("kind", "step"), [(kind, step) for kind in Kind for step in TABLES[kind].items()])
def test_every_timer_that_is_started_is_heard_in_its_state(
    kind: Kind, step: tuple[tuple[State, Event], tuple[State, tuple[Do, ...]]]
) -> None:
    (state, event), _ = step
    result, actions = transition(Machine(kind, state, interval=1.0), event, TIMERS)
    assert set(timers_of(actions)) <= TIMERS_OF_STATE[kind, result.state]


def test_timers_a_and_b_of_an_invite() -> None:
    machine, actions = start(Kind.INVITE_CLIENT, TIMERS)
    assert timers_of(actions) == {TimerName.RETRANSMIT: 0.5, TimerName.TIMEOUT: 32.0}
    assert Do.SEND_REQUEST in actions
    pauses = []
    for _ in range(6):
        machine, actions = transition(machine, Event.RETRANSMIT_TIMER, TIMERS)
        pauses.append(timers_of(actions)[TimerName.RETRANSMIT])
        assert Do.SEND_REQUEST in actions
    assert pauses == [1, 2, 4, 8, 16, 32]
    machine, actions = transition(machine, Event.TIMEOUT_TIMER, TIMERS)
    assert (machine.state, actions) == (State.TERMINATED, (Do.TELL_TIMEOUT,))


def test_timers_e_f_and_k_of_other_requests() -> None:
    machine, actions = start(Kind.NON_INVITE_CLIENT, TIMERS)
    assert timers_of(actions) == {TimerName.RETRANSMIT: 0.5, TimerName.TIMEOUT: 32.0}
    pauses = []
    for _ in range(5):
        machine, actions = transition(machine, Event.RETRANSMIT_TIMER, TIMERS)
        pauses.append(timers_of(actions)[TimerName.RETRANSMIT])
    assert pauses == [1, 2, 4, 4, 4]
    machine, _ = transition(after(Kind.NON_INVITE_CLIENT), Event.PROVISIONAL, TIMERS)
    machine, actions = transition(machine, Event.RETRANSMIT_TIMER, TIMERS)
    assert timers_of(actions) == {TimerName.RETRANSMIT: 4.0}
    machine, actions = transition(machine, Event.SUCCESS, TIMERS)
    assert timers_of(actions) == {TimerName.LINGER: 5.0}


def test_timer_f_outlives_a_provisional_and_timer_b_does_not() -> None:
    assert TimerName.TIMEOUT in TIMERS_OF_STATE[Kind.NON_INVITE_CLIENT, State.PROCEEDING]
    assert TimerName.TIMEOUT not in TIMERS_OF_STATE[Kind.INVITE_CLIENT, State.PROCEEDING]


@pytest.mark.parametrize("before", [(), (Event.PROVISIONAL,), (Event.ABANDON,)])
def test_refused_invite_is_acknowledged_each_time_and_told_once(before: tuple[Event, ...]) -> None:
    machine = after(Kind.INVITE_CLIENT, *before)
    machine, actions = transition(machine, Event.FAILURE, TIMERS)
    assert {Do.SEND_ACK, Do.TELL} <= set(actions)
    assert timers_of(actions) == {TimerName.LINGER: 32.0}
    machine, actions = transition(machine, Event.FAILURE, TIMERS)
    assert (machine.state, actions) == (State.COMPLETED, (Do.SEND_ACK,))
    assert after(Kind.INVITE_CLIENT, *before, Event.FAILURE, Event.LINGER_TIMER).state is State.TERMINATED


@pytest.mark.parametrize("before", [(), (Event.PROVISIONAL,), (Event.ABANDON,)])
def test_every_2xx_reaches_the_user_until_timer_m(before: tuple[Event, ...]) -> None:
    machine = after(Kind.INVITE_CLIENT, *before)
    machine, actions = transition(machine, Event.SUCCESS, TIMERS)
    assert machine.state is State.ACCEPTED
    assert Do.TELL in actions
    assert Do.SEND_ACK not in actions
    assert timers_of(actions) == {TimerName.LINGER: 32.0}
    machine, actions = transition(machine, Event.SUCCESS, TIMERS)
    assert (machine.state, actions) == (State.ACCEPTED, (Do.TELL,))
    assert transition(machine, Event.FAILURE, TIMERS) == (machine, ())
    assert transition(machine, Event.LINGER_TIMER, TIMERS)[0].state is State.TERMINATED


def test_abandoned_invite_is_sent_no_more_and_ends_after_64_t1() -> None:
    machine, actions = transition(after(Kind.INVITE_CLIENT, Event.PROVISIONAL), Event.ABANDON, TIMERS)
    assert timers_of(actions) == {TimerName.TIMEOUT: 32.0}
    assert TimerName.RETRANSMIT not in TIMERS_OF_STATE[Kind.INVITE_CLIENT, machine.state]
    assert transition(machine, Event.TIMEOUT_TIMER, TIMERS) == (
        Machine(Kind.INVITE_CLIENT, State.TERMINATED, interval=0.5),
        (Do.TELL_TIMEOUT,),
    )


def test_timers_g_h_and_i_of_a_refusal() -> None:
    machine, actions = transition(after(Kind.INVITE_SERVER), Event.RESPOND_FAILURE, TIMERS)
    assert timers_of(actions) == {TimerName.RETRANSMIT: 0.5, TimerName.TIMEOUT: 32.0}
    pauses = []
    for _ in range(5):
        machine, actions = transition(machine, Event.RETRANSMIT_TIMER, TIMERS)
        assert Do.SEND_RESPONSE in actions
        pauses.append(timers_of(actions)[TimerName.RETRANSMIT])
    assert pauses == [1, 2, 4, 4, 4]
    confirmed, actions = transition(machine, Event.ACK, TIMERS)
    assert (confirmed.state, timers_of(actions)) == (State.CONFIRMED, {TimerName.LINGER: 5.0})
    assert transition(confirmed, Event.REQUEST, TIMERS) == (confirmed, ())
    assert transition(machine, Event.TIMEOUT_TIMER, TIMERS)[1] == (Do.TELL_TIMEOUT,)


def test_accepted_invite_absorbs_retransmissions_and_hands_up_the_ack() -> None:
    machine, actions = transition(after(Kind.INVITE_SERVER), Event.RESPOND_SUCCESS, TIMERS)
    assert timers_of(actions) == {TimerName.LINGER: 32.0}
    assert transition(machine, Event.REQUEST, TIMERS) == (machine, ())
    assert transition(machine, Event.ACK, TIMERS) == (machine, (Do.TELL,))
    assert transition(machine, Event.RESPOND_SUCCESS, TIMERS)[1] == (Do.SEND_RESPONSE,)


def test_ignored_invite_is_silent() -> None:
    machine = after(Kind.INVITE_SERVER, Event.ABANDON)
    for event in (Event.REQUEST, Event.RESPOND_PROVISIONAL, Event.RESPOND_SUCCESS, Event.RESPOND_FAILURE):
        assert transition(machine, event, TIMERS) == (machine, ())


def test_answered_request_gets_the_same_answer_until_timer_j() -> None:
    machine, actions = transition(after(Kind.NON_INVITE_SERVER), Event.RESPOND_SUCCESS, TIMERS)
    assert timers_of(actions) == {TimerName.LINGER: 32.0}
    assert transition(machine, Event.REQUEST, TIMERS)[1] == (Do.SEND_RESPONSE,)
    assert transition(machine, Event.RESPOND_FAILURE, TIMERS) == (machine, ())


@pytest.mark.parametrize("kind", Kind)
def test_reliable_transports_retransmit_nothing_and_linger_no_time(kind: Kind) -> None:
    machine, actions = start(kind, TIMERS, reliable=True)
    assert TimerName.RETRANSMIT not in timers_of(actions)
    final = {
        Kind.INVITE_CLIENT: (Event.FAILURE,),
        Kind.NON_INVITE_CLIENT: (Event.SUCCESS,),
        Kind.INVITE_SERVER: (Event.RESPOND_FAILURE, Event.ACK),
        Kind.NON_INVITE_SERVER: (Event.RESPOND_SUCCESS,),
    }
    for event in final[kind]:
        machine, actions = transition(machine, event, TIMERS)
        assert TimerName.RETRANSMIT not in timers_of(actions)
    assert timers_of(actions) == {TimerName.LINGER: 0.0}


@pytest.mark.parametrize("kind", [Kind.INVITE_CLIENT, Kind.INVITE_SERVER])
def test_l_and_m_are_64_t1_on_any_transport(kind: Kind) -> None:
    event = Event.SUCCESS if kind is Kind.INVITE_CLIENT else Event.RESPOND_SUCCESS
    _, actions = transition(after(kind, reliable=True), event, TIMERS)
    assert timers_of(actions) == {TimerName.LINGER: 32.0}


@pytest.mark.parametrize(("kind", "state", "event"), [(k, *key) for k in Kind for key in TABLES[k]])
def test_transport_errors_end_a_transaction_that_still_sends(kind: Kind, state: State, event: Event) -> None:
    if event is Event.TRANSPORT_ERROR:
        assert TABLES[kind][state, event][0] is State.TERMINATED
