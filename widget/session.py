"""A signed-in page: who it is, until when, and what its widget shows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from widget import credentials, devices, turn
from widget.languages import choose_language
from widget.models import Agent, Mode
from widget.models.text import renew_texts
from widget.modes import mode_of, statuses
from widget.rendering import FrameOptions
from widget.wire import RegisterOptions


@dataclass(frozen=True, slots=True)
class PageSession:
    """``serial`` names the credential that signed the page in; ``direction`` is ltr or rtl."""

    agent_id: int
    account: str
    name: str
    serial: int
    expires_at: datetime
    options: FrameOptions
    direction: str
    asked: RegisterOptions
    folded: bool | None
    """Whether the agent folded the widget to a bar; ``None`` = never said."""
    devices: Mapping[str, Any]
    """What the agent chose to speak and hear with, as ``widget.devices`` keeps it."""
    echo_number: str
    """Where the audio check calls; "" = nowhere."""

    @property
    def seconds_left(self) -> float:
        return (self.expires_at - timezone.now()).total_seconds()

    def for_page(self) -> dict[str, Any]:
        """The fields of the ``ready`` frame."""
        return {
            "agent": {"account": self.account, "name": self.name},
            "options": {
                "workbench": self.options.workbench,
                "remark": self.options.remark,
                "information": self.options.information,
                "theme": self.options.theme,
                "accent": self.options.accent,
                "opensForCalls": self.options.opens_for_calls,
                "lang": self.options.language,
                "dir": self.direction,
            },
            "ice": turn.ice_configuration(self.account, self.expires_at),
            "devices": self.devices,
            "folded": self.folded,
            "echo": self.echo_number,
        }


def open_session(token: str, asked: RegisterOptions) -> PageSession:
    """Verify a credential and settle the page's options. Raises NotSignedInError."""
    credential = credentials.verify(token)
    agent = credential.agent
    options, direction = settle_options(agent, asked)
    return PageSession(
        agent_id=agent.pk,
        account=agent.account,
        name=agent.name,
        serial=credential.serial,
        expires_at=credential.expires_at,
        options=options,
        direction=direction,
        asked=asked,
        folded=agent.folded,
        devices=devices.of_agent(agent),
        echo_number=agent.application.echo_number,
    )


def refreshed(session: PageSession) -> PageSession:
    """Settle a page's options anew, after an admin may have changed its mode, language or a text.

    Not for use during a call: a part that a new mode removes stays until the call is over.
    """
    related = ("mode", "group__mode", "application__default_mode", "application__default_language")
    agent = Agent.objects.select_related(*related).filter(pk=session.agent_id).first()
    if agent is None:
        return session
    options, direction = settle_options(agent, session.asked)
    return replace(
        session,
        options=options,
        direction=direction,
        folded=agent.folded,
        devices=devices.of_agent(agent),
        echo_number=agent.application.echo_number,
    )


def settle_options(agent: Agent, asked: RegisterOptions) -> tuple[FrameOptions, str]:
    """What the agent's widget shows, and the direction of its language (ltr or rtl). Texts are read anew too."""
    renew_texts()
    language = choose_language(agent.application, asked.lang)
    return frame_options(mode_of(agent), asked, language.code), str(language.direction)


def frame_options(mode: Mode, asked: RegisterOptions, language: str) -> FrameOptions:
    """The mode decides; the page's word counts only where the mode says so (cc-sdk-contract.md, register)."""
    workbench = None if asked.no_work_mode is None else not asked.no_work_mode
    return FrameOptions(
        workbench=_settle(mode.workbench, workbench, may_override=mode.workbench_overridable),
        # A page cannot take away what the mode insists on.
        remark=_settle(mode.remark, asked.is_remark, may_override=mode.remark_overridable and not mode.remark_required),
        information=_settle(mode.information, asked.is_information, may_override=mode.information_overridable),
        language=language,
        remark_required=mode.remark_required,
        dial_pad=mode.dial_pad,
        mute=mode.mute,
        hold=mode.hold,
        blind_transfer=mode.blind_transfer,
        consult_transfer=mode.consult_transfer,
        history=mode.history,
        masks_numbers=mode.masks_numbers,
        labels=tuple(mode.labels),
        statuses=statuses(mode),
        opens_for_calls=mode.opens_for_calls,
        theme=mode.theme,
        accent=mode.accent,
    )


def _settle(default: bool, asked: bool | None, *, may_override: bool) -> bool:  # noqa: FBT001  (two values of one kind)
    return asked if asked is not None and may_override else default
