"""Modes: which one holds, what it lets a page change, and how a change reaches open widgets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from tests.web.factories import make_agent, make_application, make_group
from tests.web.test_rendering import IDLE, NOW, OPTIONS, TALKING, WRAP_UP
from widget import credentials, modes
from widget.masking import mask
from widget.models import Agent, Credential, Mode, TextOverride
from widget.models.colour import contrast
from widget.rendering import AgentView, FrameOptions, fragments
from widget.session import frame_options, open_session, refreshed, settle_options
from widget.switchboard import journal
from widget.switchboard.messages import agent_group
from widget.wire import RegisterOptions


def options_of(asked: RegisterOptions | None = None, **fields: Any) -> FrameOptions:
    return frame_options(Mode(name="m", **fields), asked or RegisterOptions(), "en")


class TestMostSpecific:
    @pytest.mark.parametrize(
        ("group", "agent", "expected"),
        [(None, None, "application"), ("group", None, "group"), (None, "agent", "agent"), ("group", "agent", "agent")],
    )
    def test_the_nearest_to_the_agent_wins(self, group: str | None, agent: str | None, expected: str) -> None:
        given = [Mode(name=name) if name else None for name in (group, agent)]
        assert modes.most_specific(Mode(name="application"), *given).name == expected


class TestOptions:
    def test_the_mode_decides_when_the_page_says_nothing(self) -> None:
        options = options_of(workbench=False, remark=False, information=False)
        assert (options.workbench, options.remark, options.information) == (False, False, False)

    def test_the_page_may_change_what_the_mode_lets_it(self) -> None:
        asked = RegisterOptions(no_work_mode=True, is_remark=False, is_information=False)
        options = options_of(asked)
        assert (options.workbench, options.remark, options.information) == (False, False, False)

    def test_the_page_may_not_change_the_rest(self) -> None:
        asked = RegisterOptions(no_work_mode=True, is_remark=False, is_information=False)
        options = options_of(asked, workbench_overridable=False, remark_overridable=False)
        assert (options.workbench, options.remark, options.information) == (True, True, False)

    def test_no_work_mode_false_brings_the_workbench_back(self) -> None:
        assert options_of(RegisterOptions(no_work_mode=False), workbench=False).workbench

    @pytest.mark.parametrize(
        ("busy", "breaks", "statuses"),
        [(True, True, (2, 3, 5)), (False, True, (2, 5)), (True, False, (2, 3)), (False, False, (2,))],
    )
    def test_idle_may_always_be_chosen(self, busy: bool, breaks: bool, statuses: tuple[int, ...]) -> None:  # noqa: FBT001  (parametrised)
        assert options_of(may_be_busy=busy, may_take_breaks=breaks).statuses == statuses

    def test_the_parts_go_through_as_they_are(self) -> None:
        options = options_of(
            dial_pad=False,
            mute=False,
            hold=False,
            history=False,
            masks_numbers=True,
            remark_required=True,
            labels=["Sold", "Call again"],
            theme="dark",
            accent="#8fb0ff",
        )
        assert (options.dial_pad, options.mute, options.hold, options.history) == (False, False, False, False)
        assert (options.masks_numbers, options.remark_required) == (True, True)
        assert (options.labels, options.theme, options.accent) == (("Sold", "Call again"), "dark", "#8fb0ff")


class TestValidation:
    def faults(self, **fields: Any) -> dict[str, list[str]]:
        with pytest.raises(ValidationError) as caught:
            Mode(name="m", **fields).full_clean(validate_unique=False, validate_constraints=False)
        return caught.value.message_dict

    def test_defaults_are_good(self) -> None:
        Mode(name="m").full_clean(validate_unique=False, validate_constraints=False)

    def test_a_hidden_remark_cannot_be_required(self) -> None:
        assert "cannot be required" in self.faults(remark=False, remark_required=True)["remark_required"][0]

    @pytest.mark.parametrize("labels", [["x" * 33], ["a\x00b"], [f"label {number}" for number in range(21)]])
    def test_bad_labels(self, labels: list[str]) -> None:
        assert self.faults(labels=labels)["labels"]

    def test_labels_lose_blanks_and_repetitions(self) -> None:
        mode = Mode(name="m", labels=[" Sold ", "", "Sold"])
        mode.clean()
        assert mode.labels == ["Sold"]

    @pytest.mark.parametrize("accent", ["red", "#12345", "#2350d2;", "url(x)"])
    def test_accents_that_are_no_colour(self, accent: str) -> None:
        assert "hexadecimal" in self.faults(accent=accent)["accent"][0]

    @pytest.mark.parametrize("accent", ["#ffee00", "#8fb0ff", "#FFFFFF", "#767676"])
    def test_accents_that_nobody_can_read(self, accent: str) -> None:
        assert "hard to read" in self.faults(accent=accent)["accent"][0]

    @pytest.mark.parametrize("accent", ["#2350d2", "#000000", "#8A1C7C"])
    def test_good_accents(self, accent: str) -> None:
        Mode(name="m", accent=accent).full_clean(validate_unique=False, validate_constraints=False)

    @pytest.mark.parametrize("fields", [{"ring_seconds": 4}, {"ring_seconds": 301}, {"wrap_up_seconds": 3601}])
    def test_times_out_of_range(self, fields: dict[str, int]) -> None:
        assert self.faults(**fields)

    def test_contrast_as_wcag_has_it(self) -> None:
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


class TestMask:
    @pytest.mark.parametrize(
        ("number", "masked"),
        [("+12025550100", "+12•••••••00"), ("1234567", "123••67"), ("123456", "••••••"), ("112", "•••"), ("", "")],
    )
    def test_mask(self, number: str, masked: str) -> None:
        assert mask(number) == masked


@pytest.mark.django_db
class TestAssignment:
    @pytest.fixture
    def agent(self) -> Agent:
        return make_agent(make_application())

    def reloaded(self, agent: Agent) -> Agent:
        return Agent.objects.get(pk=agent.pk)

    def test_of_the_application_then_of_the_group_then_of_the_agent(self, agent: Agent) -> None:
        assert modes.mode_of(agent) == agent.application.default_mode
        agent.group.mode = Mode.objects.create(name="Group's")
        assert modes.mode_of(agent).name == "Group's"
        agent.mode = Mode.objects.create(name="Agent's")
        assert modes.mode_of(agent).name == "Agent's"

    def test_a_mode_in_use_cannot_be_deleted(self, agent: Agent) -> None:
        agent.mode = Mode.objects.create(name="Agent's")
        agent.save()
        with pytest.raises(Exception, match="protected"):
            agent.mode.delete()

    def test_wrap_up_is_the_modes_or_the_groups(self, agent: Agent) -> None:
        agent.group.wrap_up_seconds = 15
        assert modes.wrap_up_seconds(agent) == 15
        agent.mode = Mode(name="m", wrap_up_seconds=0)
        assert modes.wrap_up_seconds(agent) == 0

    def test_the_switchboard_hears_of_its_times(self, agent: Agent) -> None:
        assert journal.agent_profile(agent.pk).ring_seconds is None
        agent.group.mode = Mode.objects.create(name="m", ring_seconds=20, wrap_up_seconds=5)
        agent.group.save()
        profile = journal.agent_profile(agent.pk)
        assert (profile.ring_seconds, profile.wrap_up_seconds) == (20, 5)

    def test_a_session_is_settled_anew_with_what_its_page_asked(self, agent: Agent) -> None:
        asked = RegisterOptions(is_remark=False)
        session = open_session(credentials.issue(agent, 60), asked)
        agent.mode = Mode.objects.create(name="Agent's", hold=False)
        agent.save()
        after = refreshed(session)
        assert (after.options.hold, after.options.remark, after.serial) == (False, False, session.serial)

    def test_a_deleted_agents_session_stays_as_it_is(self, agent: Agent) -> None:
        session = open_session(credentials.issue(agent, 60), RegisterOptions())
        agent.delete()
        assert refreshed(session) is session

    def test_options_need_no_query_but_that_of_the_texts(self, agent: Agent, django_assert_num_queries: Any) -> None:
        credential = credentials.verify(credentials.issue(agent, 60))
        with django_assert_num_queries(1):
            settle_options(credential.agent, RegisterOptions())


@pytest.mark.django_db(transaction=True)
class TestOpenWidgets:
    """A change in the admin reaches the sockets of the agents that it concerns, and no others."""

    @pytest.fixture
    def agents(self) -> tuple[Agent, Agent]:
        other = make_application("Other", default_mode=Mode.objects.create(name="Other's"))
        agents = make_agent(make_application()), make_agent(other, group=make_group(other))
        for agent in agents:
            credentials.issue(agent, 60)
        return agents

    def heard(self, agents: tuple[Agent, ...], change: Any) -> list[bool]:
        """Which of the agents' sockets were told while ``change`` ran."""
        layer = get_channel_layer()
        assert layer is not None
        names = []
        for agent in agents:
            names.append(async_to_sync(layer.new_channel)())
            async_to_sync(layer.group_add)(agent_group(agent.pk), names[-1])
        change()
        told = [name in layer.channels and not layer.channels[name].empty() for name in names]
        async_to_sync(layer.flush)()
        return told

    def test_a_mode_concerns_who_has_it(self, agents: tuple[Agent, Agent]) -> None:
        assert self.heard(agents, agents[0].application.default_mode.save) == [True, False]

    def test_a_group_concerns_its_agents(self, agents: tuple[Agent, Agent]) -> None:
        assert self.heard(agents, agents[1].group.save) == [False, True]

    def test_an_application_concerns_its_agents(self, agents: tuple[Agent, Agent]) -> None:
        assert self.heard(agents, agents[0].application.save) == [True, False]

    def test_a_language_concerns_everybody(self, agents: tuple[Agent, Agent]) -> None:
        assert self.heard(agents, agents[0].application.default_language.save) == [True, True]

    def test_a_text_concerns_everybody(self, agents: tuple[Agent, Agent]) -> None:
        override = TextOverride(language=agents[0].application.default_language, source="Ready", text="On duty")
        assert self.heard(agents, override.save) == [True, True]
        assert self.heard(agents, override.delete) == [True, True]

    def test_nobody_is_told_who_cannot_be_signed_in(self, agents: tuple[Agent, Agent]) -> None:
        Credential.objects.update(expires_at=timezone.now())
        assert self.heard(agents, agents[0].application.default_mode.save) == [False, False]

    def test_what_the_switchboard_writes_tells_nobody(self, agents: tuple[Agent, Agent]) -> None:
        assert self.heard(agents, agents[0].save) == [False, False]

    def test_an_agents_page_in_the_admin_tells_the_agent(
        self, agents: tuple[Agent, Agent], admin_client: Client
    ) -> None:
        agent = agents[0]
        mode = Mode.objects.create(name="Own")
        values = {"group": agent.group_id, "account": agent.account, "name": "Ann", "enabled": "on", "mode": mode.pk}
        page = reverse("admin:ccsdk_agent_change", args=[agent.pk])
        assert self.heard(agents, lambda: admin_client.post(page, values)) == [True, False]
        assert Agent.objects.get(pk=agent.pk).mode == mode

    @override_settings(CHANNEL_LAYERS={"default": {"BACKEND": "tests.api.broken_layer.BrokenLayer"}})
    def test_a_change_stays_when_nobody_can_be_told(self, agents: tuple[Agent, Agent]) -> None:
        mode = agents[0].application.default_mode
        mode.hold = False
        mode.save()
        assert not Mode.objects.get(pk=mode.pk).hold


@pytest.mark.django_db
def test_the_admins_page_of_a_mode(admin_client: Client) -> None:
    values = {"name": "Sales", "workbench": "on", "labels": "Sold\r\n\r\nCall again"}
    values |= {"theme": "auto", "accent": "", "remark": "on"}
    assert admin_client.post(reverse("admin:ccsdk_mode_add"), values).status_code == 302
    mode = Mode.objects.get()
    assert (mode.labels, mode.hold) == (["Sold", "Call again"], False)


class TestScreens:
    """What a mode takes away or hides is not in the HTML at all."""

    def html(self, view: AgentView, **options: Any) -> str:
        return "".join(fragments(view, replace(OPTIONS, **options), NOW).values())

    @pytest.mark.parametrize(
        "view", [replace(IDLE, call=TALKING), replace(IDLE, call=replace(TALKING, state="ringing")), WRAP_UP]
    )
    def test_a_masked_number_is_nowhere(self, view: AgentView) -> None:
        html = self.html(view, masks_numbers=True)
        assert "+12025550100" not in html
        assert "+12•••••••00" in html

    def test_without_a_dial_pad_nothing_can_be_typed(self) -> None:
        html = self.html(IDLE, dial_pad=False)
        assert "cc-number" not in html
        assert 'data-action="dial"' not in html
        assert "Calls are started from the page." in html
