"""Agents and their groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Count, ForeignKey, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from widget import open_widgets
from widget.admin import export, words
from widget.admin.base import (
    ModelAdmin,
    ModelChoiceField,
    ModelForm,
    OfApplicationMixin,
    SwitchableMixin,
    TabularInline,
)
from widget.admin.preview import PreviewMixin
from widget.admin.scope import OwnFieldListFilter, ScopedMixin
from widget.models import Agent, AgentGroup, Application, Trunk, TrunkRoute
from widget.roles import supervised


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
class AgentGroupAdmin(ScopedMixin, OfApplicationMixin, ModelAdmin[AgentGroup]):
    scope = "pk"
    list_display = ("name", "application", "mode", "wrap_up_seconds", "agent_count", "trunk_names")
    list_filter = (("application", OwnFieldListFilter),)
    list_select_related = ("application", "mode")
    ordering = ("application", "name")  # counting the agents drops the model's own
    search_fields = ("name",)
    fields = ("application", "name", "mode", "wrap_up_seconds", "supervisors")
    filter_horizontal = ("supervisors",)
    inlines = (TrunkRouteInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentGroup]:
        groups: QuerySet[AgentGroup] = super().get_queryset(request)
        return groups.annotate(agents_in=Count("agents")).prefetch_related("routes__trunk")

    def get_readonly_fields(self, request: HttpRequest, obj: AgentGroup | None = None) -> tuple[str, ...]:
        """A supervisor does not hand out the group."""
        fields = super().get_readonly_fields(request, obj)
        return fields if supervised(request.user) is None else (*fields, "supervisors")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "supervisors":
            kwargs["queryset"] = get_user_model().objects.filter(is_staff=True)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("agents"), ordering="agents_in")
    def agent_count(self, group: AgentGroup) -> int:
        return int(getattr(group, "agents_in", 0))

    @admin.display(description=_("trunks"))
    def trunk_names(self, group: AgentGroup) -> str:
        return ", ".join(str(route.trunk) for route in group.routes.all())


class GroupChoiceField(ModelChoiceField[AgentGroup]):
    """Groups of different applications may share a name: the application is shown beside it."""

    def label_from_instance(self, obj: AgentGroup) -> str:
        return f"{obj} ({obj.application})"


class AgentForm(ModelForm[Agent]):
    class Meta:
        model = Agent
        fields = ("application", "group", "account", "name", "display_number", "mode", "enabled")
        field_classes = {"group": GroupChoiceField}  # noqa: RUF012  (Django's form)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("group")
        if isinstance(field, forms.ModelChoiceField):
            groups = field.queryset if field.queryset is not None else AgentGroup.objects.all()
            groups = groups.select_related("application")
            field.queryset = groups.filter(application=self.instance.application_id) if self.instance.pk else groups


AGENT_COLUMNS: Mapping[str, export.Column] = {
    "application": lambda agent: agent.application.name,
    "group": lambda agent: agent.group.name,
    "account": lambda agent: agent.account,
    "name": lambda agent: agent.name,
    "display number": lambda agent: agent.display_number,
    "mode": lambda agent: agent.mode,
    "enabled": lambda agent: "yes" if agent.enabled else "no",
    "status": lambda agent: agent.get_status_display(),
    "status since": lambda agent: export.moment(agent.status_since),
}


@admin.register(Agent)
class AgentAdmin(PreviewMixin, ScopedMixin, SwitchableMixin, OfApplicationMixin, ModelAdmin[Agent]):
    form = AgentForm
    actions = ("enable", "disable", "export_csv")
    list_display = ("account", "name", "group", "status", "since", "leg_connected", "enabled")
    list_filter = (("application", OwnFieldListFilter), ("group", OwnFieldListFilter), "status", "enabled")
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

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """A supervisor puts agents into the own groups only."""
        groups = supervised(request.user)
        if groups is not None and db_field.name == "group":
            kwargs["queryset"] = groups
        if groups is not None and db_field.name == "application":
            kwargs["queryset"] = Application.objects.filter(groups__in=groups).distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.action(description=_("Export selected %(verbose_name_plural)s as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Agent]) -> StreamingHttpResponse:
        return export.as_csv("agents", AGENT_COLUMNS, queryset.select_related("application", "group", "mode"))

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
