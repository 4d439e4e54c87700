"""The live board: who is signed in, and what they do now. It asks for itself anew every few seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from widget.admin import words
from widget.admin.base import ModelAdmin
from widget.admin.scope import ScopedMixin
from widget.models import AgentGroup, AgentStatus, Call, CallState, LiveBoard
from widget.roles import supervised
from widget.switchboard import gauges

REFRESH_SECONDS = 4
MAX_ROWS = 500
"""A board is to be looked at; who has more agents chooses a group."""


@admin.register(LiveBoard)
class LiveBoardAdmin(ScopedMixin, ModelAdmin[LiveBoard]):
    """Looks like a model in the admin's index and is one page."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may see agents and calls may see them live; there is nothing to see of a single one here."""
        return obj is None and request.user.has_perms(("ccsdk.view_agent", "ccsdk.view_call"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **self._board(request),
            "opts": self.opts,
            "title": _("Live board"),
            "seconds": REFRESH_SECONDS,
        }
        page = "board" if request.headers.get("HX-Request") else "page"
        return TemplateResponse(request, f"admin/ccsdk/liveboard/{page}.html", context)

    def _board(self, request: HttpRequest) -> dict[str, Any]:
        groups = supervised(request.user)
        groups = AgentGroup.objects.all() if groups is None else groups
        group = request.GET.get("group", "")
        agents = self.get_queryset(request).filter(enabled=True)
        if group.isdecimal() and len(group) < 19:
            agents = agents.filter(group=int(group))
        now = timezone.now()
        return {
            "groups": groups.select_related("application"),
            "chosen_group": group,
            "counts": _counts(agents),
            "server": _server(),
            "calls": _calls(agents, now),
            "agents": _signed_in(agents, now),
            "now": now,
        }


def _server() -> str:
    """How busy the server is; "" where no switchboard answers."""
    now = gauges.current()
    if now is None:
        return ""
    return _(
        "Server: %(legs)d of %(most)s calls, media relay at %(cpu)d %% of a core. Since its start: %(refused)d calls"
        " refused for lack of room, %(restarts)d relays replaced, %(rejected)d forged or repeated packets dropped."
    ) % {
        "legs": now.media.carrier_legs,
        "most": now.max_calls * len(now.relays) or "∞",
        "cpu": round(100 * now.media.cpu_share),
        "refused": now.refused,
        "restarts": now.media.restarts,
        "rejected": now.media.rejected,
    }


def _counts(agents: QuerySet[LiveBoard]) -> list[tuple[AgentStatus, int]]:
    found = list(agents.order_by().values_list("status", flat=True))
    return [(status, found.count(status.value)) for status in AgentStatus]


def _calls(agents: QuerySet[LiveBoard], now: datetime) -> list[dict[str, Any]]:
    live = Call.objects.exclude(state=CallState.ENDED).filter(agent__in=agents).select_related("agent__group")
    return [
        {
            "call": call,
            "number": words.foreign(call.called if call.direction == "outbound" else call.caller),
            "direction": call.get_direction_display(),
            "state": call.get_state_display(),
            "lasts": words.clock(_seconds(call.answered_at or call.started_at, now)),
        }
        for call in live.order_by("started_at")[:MAX_ROWS]
    ]


def _signed_in(agents: QuerySet[LiveBoard], now: datetime) -> list[dict[str, Any]]:
    rows = agents.exclude(status=AgentStatus.OFFLINE).select_related("group", "application")
    return [
        {"agent": agent, "lasts": words.clock(_seconds(agent.status_since, now))}
        for agent in rows.order_by("status", "status_since")[:MAX_ROWS]
    ]


def _seconds(since: datetime, now: datetime) -> int:
    return max(int((now - since).total_seconds()), 0)
