"""Agents and their groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, ForeignKey, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from widget import open_widgets
from widget.admin import words
from widget.admin.base import (
    ModelAdmin,
    ModelChoiceField,
    ModelForm,
    OfApplicationMixin,
    SwitchableMixin,
    TabularInline,
)
from widget.models import Agent, AgentGroup, Trunk, TrunkRoute


class TrunkRouteInline(TabularInline[TrunkRoute, AgentGroup]):
    model = TrunkRoute
    extra = 1
    verbose_name = _("trunk")
    verbose_name_plural = _("Trunks of the group, the lowest priority number first")

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        group_id = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        if db_field.name == "trunk" and group_id and group_id.isdigit():
            kwargs["queryset"] = Trunk.objects.filter(application__groups=group_id)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(AgentGroup)
class AgentGroupAdmin(OfApplicationMixin, ModelAdmin[AgentGroup]):
    list_display = ("name", "application", "mode", "wrap_up_seconds", "agent_count", "trunk_names")
    list_filter = ("application",)
    list_select_related = ("application", "mode")
    search_fields = ("name",)
    fields = ("application", "name", "mode", "wrap_up_seconds")
    inlines = (TrunkRouteInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentGroup]:
        return super().get_queryset(request).annotate(agents_in=Count("agents")).prefetch_related("routes__trunk")

    @admin.display(description=_("agents"), ordering="agents_in")
    def agent_count(self, group: AgentGroup) -> int:
        return int(getattr(group, "agents_in", 0))

    @admin.display(description=_("trunks"))
    def trunk_names(self, group: AgentGroup) -> str:
        return ", ".join(route.trunk.name for route in group.routes.all())


class GroupChoiceField(ModelChoiceField[AgentGroup]):
    """Groups of different applications may share a name: the application is shown beside it."""

    def label_from_instance(self, obj: AgentGroup) -> str:
        return f"{obj.name} ({obj.application})"


class AgentForm(ModelForm[Agent]):
    class Meta:
        model = Agent
        fields = ("application", "group", "account", "name", "display_number", "mode", "enabled")
        field_classes = {"group": GroupChoiceField}  # noqa: RUF012  (Django's form)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("group")
        if isinstance(field, forms.ModelChoiceField):
            groups = AgentGroup.objects.select_related("application")
            field.queryset = groups.filter(application=self.instance.application_id) if self.instance.pk else groups


@admin.register(Agent)
class AgentAdmin(SwitchableMixin, OfApplicationMixin, ModelAdmin[Agent]):
    form = AgentForm
    list_display = ("account", "name", "group", "status", "since", "leg_connected", "enabled")
    list_filter = ("application", "group", "status", "enabled")
    list_select_related = ("application", "group")
    search_fields = ("account", "name", "display_number")
    fieldsets = (
        (None, {"fields": ("application", "group", "account", "name", "enabled")}),
        (_("Calls"), {"fields": ("display_number",)}),
        (_("What the agent sees"), {"fields": ("mode",)}),
    )
    now = (_("Now"), {"fields": ("status", "status_since", "leg_connected", "credential_until")})

    def get_fieldsets(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        return (*self.fieldsets, self.now) if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "status", "status_since", "leg_connected", "credential_until") if obj else fields

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:  # noqa: FBT001  (Django's)
        super().save_model(request, obj, form, change)
        open_widgets.refresh(Agent.objects.filter(pk=obj.pk))

    @admin.display(description=_("since"), ordering="status_since")
    def since(self, agent: Agent) -> str:
        return words.moment(agent.status_since)

    @admin.display(description=_("may sign in until"))
    def credential_until(self, agent: Agent) -> Any:
        credential = getattr(agent, "credential", None)
        if credential is None or credential.expires_at <= timezone.now():
            return _("no live credential")
        return credential.expires_at
