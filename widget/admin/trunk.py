"""Trunks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from widget.admin.base import ModelAdmin, OfApplicationMixin, SwitchableMixin, TabularInline
from widget.admin.number_rules import NumberRuleInline, previews
from widget.admin.trunk_counts import TrunkCountsMixin
from widget.admin.trunk_form import TrunkForm, doubts
from widget.admin.trunk_health import TrunkHealthMixin
from widget.admin.trunk_test import TrunkTestMixin
from widget.admin.trunk_test_words import SETTINGS
from widget.models import InboundNumber, Trunk
from widget.switchboard.trunk_test import is_used


class InboundNumberInline(TabularInline[InboundNumber, Trunk]):
    """Which group each called number rings; without a line nothing comes in on this trunk."""

    model = InboundNumber
    extra = 0
    verbose_name_plural = _("Inbound numbers: calls from this trunk's host ring these groups")


ABOUT_STORED = frozenset({"clear_password", "clear_tls_key"})


def _for_new(options: Mapping[str, Any]) -> dict[str, Any]:
    fields = tuple(name for name in options["fields"] if name not in ABOUT_STORED)
    kept = {name: value for name, value in options.items() if name != "description" or fields == options["fields"]}
    return {**kept, "fields": fields}


@admin.register(Trunk)
class TrunkAdmin(
    TrunkTestMixin, TrunkHealthMixin, TrunkCountsMixin, SwitchableMixin, OfApplicationMixin, ModelAdmin[Trunk]
):
    form = TrunkForm
    inlines = (NumberRuleInline, InboundNumberInline)
    list_display = (
        "name",
        "application",
        "host",
        "transport",
        "codec_names",
        "caller_id",
        "answer_ratio",
        "post_dial_delay",
        "enabled",
    )
    list_filter = ("application", "enabled", "registers")
    list_select_related = ("application",)
    search_fields = ("name", "host", "username", "caller_id")
    fieldsets = (
        (None, {"fields": ("application", "name", "enabled")}),
        (
            _("Carrier"),
            {
                "fields": ("host", "port", "transport", "allowed_sources"),
                "description": _(
                    "For most carriers the host is enough; the transport is UDP unless they say otherwise."
                ),
            },
        ),
        (
            _("Sign-in at the carrier"),
            {
                "fields": ("username", "password", "clear_password", "registers"),
                "description": _("An empty password keeps the stored one."),
            },
        ),
        (
            _("Who calls"),
            {"fields": ("caller_id", "identity", "from_account", "from_domain", "privacy", "extra_headers")},
        ),
        (_("Limits"), {"fields": ("max_calls", "calls_per_second")}),
        (_("Audio"), {"fields": ("codecs", "ptime_ms", "dtmf", "srtp", "latching", "shared_port")}),
        (
            _("TLS"),
            {
                "classes": ("collapse",),
                "fields": (
                    "tls_verify",
                    "tls_server_name",
                    "tls_ca",
                    "tls_certificate",
                    "tls_key",
                    "clear_tls_key",
                ),
                "description": _("Only for the transport TLS. An empty key keeps the stored one."),
            },
        ),
        (
            _("Signalling in detail"),
            {"classes": ("collapse",), "fields": ("reliable_provisional", "late_offer", "session_timer_seconds")},
        ),
        (_("Numbers"), {"fields": ("sample_number",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Trunk | None = None) -> Any:
        """A new trunk has nothing stored that could be kept or removed."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else [(title, _for_new(options)) for title, options in fieldsets]

    def save_related(self, request: HttpRequest, form: ModelForm[Trunk], formsets: Any, change: bool) -> None:  # noqa: FBT001  (Django's signature)
        """The rules are saved now: say what they make of the sample, and what looks odd."""
        super().save_related(request, form, formsets, change)
        for doubt in doubts(form.instance):
            self.message_user(request, str(doubt), messages.WARNING)
        if not is_used(form.instance):
            self.message_user(request, str(SETTINGS["unused"]), messages.WARNING)
        for preview in previews(Trunk.objects.get(pk=form.instance.pk), form.cleaned_data.get("sample_number") or ""):
            self.message_user(request, preview, messages.INFO)

    @admin.display(description=_("codecs"))
    def codec_names(self, trunk: Trunk) -> str:
        return ", ".join(trunk.codecs)
