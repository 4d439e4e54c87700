"""What the admin pages share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from widget.models import Application


class LabelledFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # only the stubs of it are generic
    """Django labels the columns of a table, and the boxes that delete a line not at all."""

    def add_fields(self, form: forms.ModelForm[Any], index: int | None) -> None:
        super().add_fields(form, index)
        if DELETION_FIELD_NAME in form.fields:
            form.fields[DELETION_FIELD_NAME].widget.attrs["aria-label"] = _("Delete")


if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.forms import ModelChoiceField, ModelForm
else:
    # Only the stubs of these are generic.
    class ModelAdmin(admin.ModelAdmin):
        class Media:
            css = {"all": ("widget/admin/admin.css",)}  # noqa: RUF012  (Django's)

        def __class_getitem__(cls, model: object) -> type:
            return cls

    class TabularInline(admin.TabularInline):
        formset = LabelledFormSet

        def __class_getitem__(cls, model: object) -> type:
            return cls

        def formfield_for_dbfield(self, db_field, request, **kwargs):
            """Django labels the columns of a table, and its inputs not at all."""
            field = super().formfield_for_dbfield(db_field, request, **kwargs)
            if field is not None:
                field.widget.attrs.setdefault("aria-label", capfirst(field.label))
            return field

    class ModelChoiceField(forms.ModelChoiceField):
        def __class_getitem__(cls, model: object) -> type:
            return cls

    class ModelForm(forms.ModelForm):
        def __class_getitem__(cls, model: object) -> type:
            return cls


__all__ = ["ModelAdmin", "ModelChoiceField", "ModelForm", "OfApplicationMixin", "SwitchableMixin", "TabularInline"]


class OfApplicationMixin:
    """For what belongs to an application: it is chosen when the object is added, and stays."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))  # type: ignore[misc]  # a mixin's super
        return (*fields, "application") if obj else fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]  # a mixin's super
        only = list(Application.objects.values_list("pk", flat=True)[:2])
        return {"application": only[0], **initial} if len(only) == 1 else initial


class SwitchableMixin:
    """For what has ``enabled``: actions that set it for the selected ones, each noted in its history."""

    actions: Sequence[Any] | None = ("enable", "disable")

    @admin.action(description=_("Enable selected %(verbose_name_plural)s"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset.filter(enabled=False), enabled=True)

    @admin.action(description=_("Disable selected %(verbose_name_plural)s"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset.filter(enabled=True), enabled=False)

    def _switch(self: Any, request: HttpRequest, queryset: QuerySet[Any], *, enabled: bool) -> None:
        changed: list[Model] = list(queryset)
        for one in changed:
            one.enabled = enabled  # type: ignore[attr-defined]  # who mixes this in has it
            one.save(update_fields=["enabled"])
            self.log_change(request, one, [{"changed": {"fields": ["enabled"]}}])
        count = len(changed)
        text = (
            ngettext("%(count)d was enabled.", "%(count)d were enabled.", count)
            if enabled
            else ngettext("%(count)d was disabled.", "%(count)d were disabled.", count)
        )
        self.message_user(request, text % {"count": count})
