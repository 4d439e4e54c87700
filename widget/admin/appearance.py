"""Languages and modes: what agents see."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from widget.admin import words
from widget.admin.base import ModelAdmin, ModelForm
from widget.admin.fields import LinesField
from widget.admin.preview import PreviewMixin
from widget.models import Language, Mode


@admin.register(Language)
class LanguageAdmin(ModelAdmin[Language]):
    list_display = ("code", "native_name", "direction", "enabled", "is_default")
    list_filter = ("enabled", "direction")
    search_fields = ("code", "native_name")
    fields = ("code", "native_name", "direction", "enabled", "is_default")

    def has_delete_permission(self, request: HttpRequest, obj: Language | None = None) -> bool:
        """The default stays: there must be one."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_default)


class ModeForm(ModelForm[Mode]):
    class Meta:
        model = Mode
        fields = "__all__"
        field_classes = {"labels": LinesField}  # noqa: RUF012  (Django's form)
        widgets = {"accent": forms.TextInput(attrs={"size": 8, "spellcheck": "false"})}  # noqa: RUF012  (Django's form)


@admin.register(Mode)
class ModeAdmin(PreviewMixin, ModelAdmin[Mode]):
    form = ModeForm
    list_display = ("name", "workbench", "remark", "information", "theme", "used_by")
    list_filter = ("workbench", "remark", "information")
    search_fields = ("name",)
    save_as = True

    fieldsets = (
        (
            None,
            {
                "fields": ("name",),
                "description": _(
                    "A mode is assigned to an application, a group or an agent; the most specific one holds. "
                    "Open widgets follow a change at once, or after the call that is going on."
                ),
            },
        ),
        (_("Workbench"), {"fields": (("workbench", "workbench_overridable"), "dial_pad", "history", "masks_numbers")}),
        (
            _("During a call"),
            {
                "fields": (
                    ("information", "information_overridable"),
                    "mute",
                    "hold",
                    "blind_transfer",
                    "consult_transfer",
                )
            },
        ),
        (_("Inbound calls"), {"fields": ("opens_for_calls", "automatic_answer", "inbound_ring_seconds")}),
        (
            _("After a call"),
            {"fields": (("remark", "remark_overridable"), "remark_required", "labels", "wrap_up_seconds")},
        ),
        (_("Time-outs"), {"fields": ("ring_seconds",)}),
        (_("Status that agents may choose"), {"fields": ("may_be_busy", "may_take_breaks")}),
        (_("Looks"), {"fields": ("theme", "accent")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mode]:
        return super().get_queryset(request).prefetch_related("applications", "groups").annotate(own=Count("agents"))

    @admin.display(description=_("used by"))
    def used_by(self, mode: Mode) -> str:
        names = [str(one) for one in (*mode.applications.all(), *mode.groups.all())]
        if agents := getattr(mode, "own", 0):
            names.append(ngettext("%(count)d agent", "%(count)d agents", agents) % {"count": agents})
        return ", ".join(names) or words.NOTHING
