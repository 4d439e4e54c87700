"""Call records: read-only. What they show comes partly from strangers and is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from widget.admin import export, words
from widget.admin.base import ModelAdmin, TabularInline
from widget.admin.ladder import LadderMixin
from widget.admin.quality import COLUMNS as QUALITY_COLUMNS
from widget.admin.quality import QualityFilter, QualityMixin
from widget.admin.scope import OwnFieldListFilter, ScopedMixin
from widget.models import Call, CallEvent, TransferState
from widget.visible_text import visible

# Each event carries the whole value of onCall; what the call's own page says already is left out of its lines.
REPEATED = frozenset({"callId", "calledNumber", "callerNumber", "direction", "info", "startedAt"})


class ReadOnlyMixin:
    """Records are written by the switchboard alone; they may be viewed."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TerminationFilter(admin.SimpleListFilter):
    title = _("termination")
    parameter_name = "termination"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(slug, str(text)) for slug, text in words.TERMINATIONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        return queryset.filter(termination=self.value()) if self.value() else queryset


class CallEventInline(ReadOnlyMixin, TabularInline[CallEvent, Call]):
    model = CallEvent
    template = "admin/ccsdk/call/events.html"
    fields = ("after_start", "state", "told")
    readonly_fields = fields
    ordering = ("seq",)
    verbose_name_plural = _("What happened")

    @admin.display(description=_("after the start"))
    def after_start(self, event: CallEvent) -> str:
        return words.offset(event.at - event.call.started_at)

    @admin.display(description=_("event"))
    def state(self, event: CallEvent) -> str:
        return words.event_in_words(event.name)

    @admin.display(description=_("data"))
    def told(self, event: CallEvent) -> SafeString:
        return words.pairs(event.data, without=REPEATED)


OWN = (("application", OwnFieldListFilter), ("agent__group", OwnFieldListFilter), ("trunk", OwnFieldListFilter))

CALL_COLUMNS: Mapping[str, export.Column] = {
    "call id": lambda call: call.id,
    "application": lambda call: call.application.name,
    "group": lambda call: call.agent.group.name,
    "agent": lambda call: call.agent.account,
    "trunk": lambda call: call.trunk,
    "direction": lambda call: call.direction,
    "called": lambda call: call.called,
    "caller": lambda call: call.caller,
    "state": lambda call: call.state,
    "started": lambda call: export.moment(call.started_at),
    "answered": lambda call: export.moment(call.answered_at),
    "left by the agent": lambda call: export.moment(call.left_at),
    "ended": lambda call: export.moment(call.ended_at),
    "seconds talked": lambda call: call.duration_seconds,
    "termination": lambda call: call.termination,
    "ended by": lambda call: call.ended_by,
    "SIP status": lambda call: call.sip_code,
    "callee information": lambda call: call.info,
    "transfer": lambda call: call.transfer_kind if call.transfer_state == TransferState.DONE else "",
    "transferred to": lambda call: call.transfer_to if call.transfer_state == TransferState.DONE else "",
    "transferred by": lambda call: _transferred_by(call),
    "labels": lambda call: ", ".join(call.labels),
    "remark": lambda call: call.remark,
    **QUALITY_COLUMNS,
}


def _transferred_by(call: Call) -> str:
    """By the carrier (REFER), or by this server, which joined the two or gave a colleague the call."""
    if call.transfer_state != TransferState.DONE:
        return ""
    return "carrier" if call.bridged_at is None and call.transfer_agent_id is None else "server"


@admin.register(Call)
class CallAdmin(LadderMixin, QualityMixin, ScopedMixin, ReadOnlyMixin, ModelAdmin[Call]):
    scope = "agent__group"
    actions = ("export_csv",)
    list_display = ("started", "called_number", "agent", "state", "talked", "sound", "why")
    list_filter = ("state", QualityFilter, TerminationFilter, "ended_by", "direction", *OWN)
    list_select_related = ("agent", "application", "quality")
    search_fields = ("=id", "called", "caller", "agent__account", "agent__name", "remark")
    search_help_text = _("Call id, number, agent or remark")
    date_hierarchy = "started_at"
    # Counting a big table for "99 results (1,000,000 total)" costs more than it tells.
    show_full_result_count = False
    inlines = (CallEventInline,)
    fieldsets = (
        (None, {"fields": ("id", "state", "why_and_what_to_do", "ended_by")}),
        (_("Who"), {"fields": ("application", "agent", "trunk", "direction", "called_number", "caller_number")}),
        (_("When"), {"fields": ("started", "ringing", "ringing_tone", "answered", "agent_left", "ended", "talked")}),
        (_("Other agents"), {"fields": ("colleague", "consults_for", "handed_over")}),
        (_("Sound"), {"fields": ("sound_sentence", "sound_score", "sound_codecs", "sound_chart")}),
        (_("What was noted"), {"fields": ("callee_information", "noted", "marked")}),
        (_("From the carrier"), {"fields": ("sip_code", "carrier_words")}),
    )

    @admin.action(description=_("Export selected %(verbose_name_plural)s as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Call]) -> StreamingHttpResponse:
        rows = queryset.select_related("application", "agent__group", "trunk", "quality")
        return export.as_csv("calls", CALL_COLUMNS, rows)

    @admin.display(description=_("started"), ordering="started_at")
    def started(self, call: Call) -> str:
        return words.moment(call.started_at)

    @admin.display(description=_("ringing since"))
    def ringing(self, call: Call) -> str:
        return words.moment(call.ringing_at)

    @admin.display(description=_("ringing tone"))
    def ringing_tone(self, call: Call) -> Promise:
        return _("the carrier's own") if call.early_media else _("the widget's")

    @admin.display(description=_("answered"))
    def answered(self, call: Call) -> str:
        return words.moment(call.answered_at)

    @admin.display(description=_("goes on without the agent since"))
    def agent_left(self, call: Call) -> str:
        return words.moment(call.bridged_at)

    @admin.display(description=_("ended"))
    def ended(self, call: Call) -> str:
        return words.moment(call.ended_at)

    @admin.display(description=_("called number"), ordering="called")
    def called_number(self, call: Call) -> SafeString:
        return words.foreign(call.called)

    @admin.display(description=_("caller number"))
    def caller_number(self, call: Call) -> SafeString:
        return words.foreign(call.caller)

    @admin.display(description=_("talked"), ordering="duration_seconds")
    def talked(self, call: Call) -> str:
        return words.clock(call.duration_seconds)

    @admin.display(description=_("transfer"))
    def handed_over(self, call: Call) -> SafeString:
        """Kind, to whom and what came of it; who did it is the call's agent."""
        if not call.transfer_kind:
            return SafeString(words.NOTHING)
        told = f"{call.get_transfer_kind_display()}, {visible(call.transfer_to)}: {call.get_transfer_state_display()}"
        if call.bridged_at is not None:
            return words.foreign(f"{told}, {_('joined by this server')}")
        return words.foreign(f"{told} ({call.transfer_code})" if call.transfer_code else told)

    @admin.display(description=_("why it ended"), ordering="termination")
    def why(self, call: Call) -> str:
        return words.termination_in_words(call.termination)

    @admin.display(description=_("why it ended"))
    def why_and_what_to_do(self, call: Call) -> str:
        return words.termination_with_advice(call.termination) or words.NOTHING

    @admin.display(description=_("callee information"))
    def callee_information(self, call: Call) -> SafeString:
        return words.foreign(call.info)

    @admin.display(description=_("remark"))
    def noted(self, call: Call) -> SafeString:
        return words.foreign(call.remark)

    @admin.display(description=_("labels"))
    def marked(self, call: Call) -> SafeString:
        return words.foreign(", ".join(map(visible, call.labels)))

    @admin.display(description=_("in the carrier's words"))
    def carrier_words(self, call: Call) -> SafeString:
        return words.foreign(call.detail)
