"""The agent status machine."""

from widget.calls.agent import Agent, AgentStatus


def test_an_agent_is_idle_as_soon_as_there_is_audio() -> None:
    assert Agent().status is AgentStatus.OFFLINE
    assert Agent().arrived().status is AgentStatus.IDLE


def test_a_call_makes_busy_then_post_call_then_idle() -> None:
    agent = Agent().arrived().call_started()
    assert agent.status is AgentStatus.BUSY
    agent = agent.call_ended(wraps_up=True)
    assert agent.status is AgentStatus.POST_CALL
    assert agent.wrap_up_finished().status is AgentStatus.IDLE


def test_without_wrap_up_the_agent_is_idle_at_once() -> None:
    assert Agent().arrived().call_started().call_ended(wraps_up=False).status is AgentStatus.IDLE


def test_the_next_call_may_begin_during_wrap_up() -> None:
    agent = Agent().arrived().call_started().call_ended(wraps_up=True).call_started()
    assert agent.status is AgentStatus.BUSY
    assert agent.wrap_up_finished() == agent


def test_who_leaves_during_a_call_is_offline_when_it_ends() -> None:
    agent = Agent().arrived().call_started().left()
    assert agent.status is AgentStatus.BUSY
    assert agent.call_ended(wraps_up=True).status is AgentStatus.OFFLINE


def test_who_comes_back_during_the_call_stays() -> None:
    agent = Agent().arrived().call_started().left().arrived()
    assert agent.status is AgentStatus.BUSY
    assert agent.call_ended(wraps_up=False).status is AgentStatus.IDLE


def test_who_leaves_between_calls_is_offline() -> None:
    assert Agent().arrived().left().status is AgentStatus.OFFLINE


def test_a_chosen_status_takes_effect_at_once_between_calls() -> None:
    agent = Agent().arrived().chose(AgentStatus.BREAK)
    assert agent.status is AgentStatus.BREAK
    assert agent.chose(AgentStatus.IDLE).status is AgentStatus.IDLE


def test_a_status_chosen_in_a_call_waits_for_its_end() -> None:
    agent = Agent().arrived().call_started().chose(AgentStatus.BREAK)
    assert agent.status is AgentStatus.BUSY
    assert agent.call_ended(wraps_up=False).status is AgentStatus.BREAK
    assert agent.call_ended(wraps_up=True).wrap_up_finished().status is AgentStatus.BREAK


def test_choosing_ends_wrap_up() -> None:
    agent = Agent().arrived().call_started().call_ended(wraps_up=True).chose(AgentStatus.IDLE)
    assert agent.status is AgentStatus.IDLE


def test_a_break_survives_a_reload_of_the_page() -> None:
    assert Agent().arrived().chose(AgentStatus.BREAK).left().arrived().status is AgentStatus.BREAK


def test_wrap_up_goes_on_after_a_reload_of_the_page() -> None:
    agent = Agent().arrived().call_started().call_ended(wraps_up=True).left()
    assert agent.status is AgentStatus.OFFLINE
    assert agent.arrived(wraps_up=True).status is AgentStatus.POST_CALL
