"""A signed-in page: who it is, until when, and what its widget shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from widget import credentials
from widget.languages import choose_language
from widget.models import Mode
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
                "lang": self.options.language,
                "dir": self.direction,
            },
        }


def open_session(token: str, asked: RegisterOptions) -> PageSession:
    """Verify a credential and settle the page's options. Raises NotSignedInError."""
    credential = credentials.verify(token)
    agent = credential.agent
    language = choose_language(agent.application, asked.lang)
    return PageSession(
        agent_id=agent.pk,
        account=agent.account,
        name=agent.name,
        serial=credential.serial,
        expires_at=credential.expires_at,
        options=frame_options(agent.application.default_mode, asked, language.code),
        direction=str(language.direction),
    )


def frame_options(mode: Mode, asked: RegisterOptions, language: str) -> FrameOptions:
    """The mode decides; the page's word counts only where the mode says so (cc-sdk-contract.md, register)."""
    workbench = None if asked.no_work_mode is None else not asked.no_work_mode
    return FrameOptions(
        workbench=_settle(mode.workbench, workbench, may_override=mode.workbench_overridable),
        remark=_settle(mode.remark, asked.is_remark, may_override=mode.remark_overridable),
        information=_settle(mode.information, asked.is_information, may_override=mode.information_overridable),
        language=language,
    )


def _settle(default: bool, asked: bool | None, *, may_override: bool) -> bool:  # noqa: FBT001  (two values of one kind)
    return asked if asked is not None and may_override else default
