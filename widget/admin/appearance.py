"""Languages and modes: what agents see."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from widget.admin.base import ModelAdmin
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


@admin.register(Mode)
class ModeAdmin(ModelAdmin[Mode]):
    list_display = ("name", "workbench", "remark", "information")
    list_filter = ("workbench", "remark", "information")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name",)}),
        (_("Workbench"), {"fields": ("workbench", "workbench_overridable")}),
        (_("Remark"), {"fields": ("remark", "remark_overridable")}),
        (_("Callee information"), {"fields": ("information", "information_overridable")}),
    )
