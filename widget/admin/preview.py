"""The widget as an agent of a mode would see it: the real screens with made-up calls, to look at only."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from markupsafe import Markup

from widget.models import Agent, Language, Mode
from widget.models.text import renew_texts
from widget.modes import mode_of
from widget.rendering import FRAGMENTS, AgentView, CallView, fragments
from widget.scripts import frame_part_address
from widget.session import frame_options
from widget.templating import render
from widget.wire import RegisterOptions

NUMBER, CALLER = "+12025550100", "+12025550123"
SCREENS: Mapping[str, Promise] = MappingProxyType(
    {
        "idle": _("ready"),
        "calling": _("calling"),
        "incoming": _("incoming call"),
        "talking": _("talking"),
        "held": _("on hold"),
        "wrap_up": _("after-call work"),
    }
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is previewed: a mode, and the agent who sees it."""

    mode: Mode
    name: str
    display_number: str
    language: Language | None


def subject_of(one: Mode | Agent) -> Subject:
    """A mode is seen by a made-up agent."""
    if isinstance(one, Mode):
        return Subject(one, "Ann Example", "", None)
    return Subject(mode_of(one), one.name, one.display_number, one.application.default_language)


class PreviewMixin:
    """For the admin of modes and of agents: a page of its own beside each row, with the widget in a frame."""

    def get_urls(self: Any) -> list[URLPattern]:
        name = f"ccsdk_{self.opts.model_name}_preview"
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/preview/", wrap(self.preview_view), name=name),
            path("<int:pk>/preview/frame/", wrap(xframe_options_sameorigin(self.frame_view)), name=f"{name}_frame"),
            *super().get_urls(),  # type: ignore[misc]  # a mixin's super
        ]

    def preview_view(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """The page around the frame: which screen, which language."""
        one = self._one(request, pk)
        language = _language(request, subject_of(one))
        screen = _screen(request)
        frame = reverse(f"admin:ccsdk_{self.opts.model_name}_preview_frame", args=[pk])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Preview"),
            "one": one,
            "mode": subject_of(one).mode,
            "screens": SCREENS.items(),
            "screen": screen,
            "languages": Language.objects.filter(enabled=True),
            "language": language,
            "frame": f"{frame}?screen={screen}&language={language.code}",
        }
        return TemplateResponse(request, "admin/ccsdk/preview.html", context)

    def frame_view(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """The widget's document, without any script."""
        subject = subject_of(self._one(request, pk))
        return frame(subject, _screen(request), _language(request, subject))

    def _one(self: Any, request: HttpRequest, pk: int) -> Mode | Agent:
        one: Mode | Agent | None = self.get_queryset(request).filter(pk=pk).first()
        if one is None:
            raise Http404
        if not self.has_view_or_change_permission(request, one):
            raise PermissionDenied
        return one


def frame(subject: Subject, screen: str, language: Language) -> HttpResponse:
    """Render one screen under a policy that lets nothing run: what is shown is partly what admins and pages wrote."""
    renew_texts()
    options = frame_options(subject.mode, RegisterOptions(), language.code)
    now = datetime.now(UTC)
    nonce = secrets.token_urlsafe(16)
    parts = fragments(_view(subject, screen, now), options, now)
    context = {
        "language": language,
        "options": options,
        "nonce": nonce,
        "part": frame_part_address,
        "fragments": Markup("".join(parts[name] for name in FRAGMENTS if name != "cc-say")),  # noqa: S704  (rendered by our own templates, which escape)
    }
    with translation.override(language.code):
        response = HttpResponse(render("widget/preview.html", context))
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self' 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    )
    response["Cache-Control"] = "no-store"
    return response


def _screen(request: HttpRequest) -> str:
    screen = request.GET.get("screen", "")
    return screen if screen in SCREENS else "idle"


def _language(request: HttpRequest, subject: Subject) -> Language:
    enabled = Language.objects.filter(enabled=True)
    asked = enabled.filter(code=request.GET.get("language", "")).first()
    return asked or subject.language or enabled.order_by("-is_default").first() or Language(code="en")


def _view(subject: Subject, screen: str, now: datetime) -> AgentView:
    call = _call(now)
    idle = AgentView(
        account="",
        name=subject.name,
        display_number=subject.display_number,
        status=2,
        status_since=now,
        leg_connected=True,
        call=None,
        wrap_up=None,
        wrap_up_ends_at=None,
        version=0,
        recent=(replace(call, state="ended", ended_at=now, duration_seconds=127),),
    )
    if screen == "idle":
        return idle
    if screen == "wrap_up":
        return replace(idle, status=4, wrap_up=idle.recent[0], wrap_up_ends_at=now + timedelta(seconds=15))
    return replace(idle, status=2 if screen == "incoming" else 3, call=_live(call, screen))


def _live(call: CallView, screen: str) -> CallView:
    if screen == "incoming":
        return replace(call, state="ringing", direction="inbound", number="", caller=CALLER, info="", answered_at=None)
    if screen == "calling":
        return replace(call, state="calling", answered_at=None)
    return replace(call, state="talking", held=screen == "held")


def _call(now: datetime) -> CallView:
    return CallView(
        id="preview",
        state="talking",
        number=NUMBER,
        caller="",
        info=str(_("Information that the page passed: https://example.com")),
        direction="outbound",
        early_media=False,
        started_at=now,
        ringing_at=now,
        answered_at=now,
        ended_at=None,
        duration_seconds=None,
        termination="customer_hung_up",
        remark="",
    )
