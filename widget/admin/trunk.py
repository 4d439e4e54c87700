"""Trunks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from widget.admin.base import ModelAdmin, ModelForm, OfApplicationMixin, SwitchableMixin, TabularInline
from widget.admin.fields import CommaField
from widget.models import InboundNumber, Trunk


class TrunkForm(ModelForm[Trunk]):
    clear_password = forms.BooleanField(
        label=_("Remove the stored password"),
        required=False,
        help_text=_("Tick when the carrier no longer asks for one."),
    )

    class Meta:
        model = Trunk
        fields = (
            "application",
            "name",
            "enabled",
            "host",
            "port",
            "transport",
            "username",
            "password",
            "registers",
            "codecs",
            "caller_id",
        )
        field_classes = {"codecs": CommaField}  # noqa: RUF012  (Django's form)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("clear_password"):
            if self.cleaned_data.get("password"):
                raise ValidationError(
                    {"password": _("Either enter a new password or remove the stored one, not both.")}
                )
            self.instance.password = ""
        return cleaned


class InboundNumberInline(TabularInline[InboundNumber, Trunk]):
    """Which group each called number rings; without a line nothing comes in on this trunk."""

    model = InboundNumber
    extra = 0
    verbose_name_plural = _("Inbound numbers: calls from this trunk's host ring these groups")


@admin.register(Trunk)
class TrunkAdmin(SwitchableMixin, OfApplicationMixin, ModelAdmin[Trunk]):
    form = TrunkForm
    inlines = (InboundNumberInline,)
    list_display = (
        "name",
        "application",
        "host",
        "port",
        "transport",
        "registers",
        "codec_names",
        "caller_id",
        "enabled",
    )
    list_filter = ("application", "enabled", "registers")
    list_select_related = ("application",)
    search_fields = ("name", "host", "username", "caller_id")
    fieldsets = (
        (None, {"fields": ("application", "name", "enabled")}),
        (_("Carrier"), {"fields": ("host", "port", "transport")}),
        (
            _("Sign-in at the carrier"),
            {
                "fields": ("username", "password", "clear_password", "registers"),
                "description": _("An empty password keeps the stored one."),
            },
        ),
        (_("Calls"), {"fields": ("codecs", "caller_id")}),
    )

    @admin.display(description=_("codecs"))
    def codec_names(self, trunk: Trunk) -> str:
        return ", ".join(trunk.codecs)
