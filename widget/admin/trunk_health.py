"""How a trunk does, in the list of trunks and on its page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from widget import conf
from widget.admin import words
from widget.models import HealthState, Trunk, TrunkHealth
from widget.sip.registration import RegistrationState
from widget.switchboard.health import Reason
from widget.switchboard.health_monitor import REFRESH_SECONDS

STALE = timedelta(seconds=3 * REFRESH_SECONDS)
"""A row that nobody wrote for so long says nothing of now."""

REASONS: Mapping[str, Promise] = {
    Reason.SILENT: _("It does not answer. Check host, port and transport, and whether a firewall is between."),
    Reason.UNREACHABLE: _("It cannot be reached: the name does not resolve, or the connection is refused."),
    Reason.OVERLOADED: _("It answers that it cannot work now. The carrier has to mend that."),
    Reason.CALLS_ONLY: _("It answers calls but no OPTIONS, as some carriers do."),
    Reason.SLOW: _("It answers, but takes more than a second. Callers will notice; ask the carrier or the network."),
}
REGISTRATIONS: Mapping[str, Promise] = {
    RegistrationState.UNREGISTERED.value: _("not registered"),
    RegistrationState.REGISTERING.value: _("registering for the first time, or again"),
    RegistrationState.REGISTERED.value: _("registered"),
    RegistrationState.FAILED.value: _("failed: the carrier did not answer it, or had an error; tried again by itself"),
    RegistrationState.REFUSED.value: _("refused: check user name and password; tried again by itself"),
}
NOBODY_ASKS = _("Nobody asks it: the setting TRUNK_CHECK_SECONDS is 0.")
DISABLED = _("disabled, so it is not asked")


class TrunkHealthMixin:
    """``health_now`` is for the list, the others for the page."""

    health_fields = ("health_in_words", "health_checked", "registration_in_words")

    @property
    def media(self) -> forms.Media:
        own = forms.Media(css={"all": ("widget/admin/trunk.css",)})
        inherited: forms.Media = super().media  # type: ignore[misc]  # a mixin's super
        return inherited + own

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        name, *others = super().get_list_display(request)  # type: ignore[misc]  # a mixin's super
        return (name, "health_now", *others)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trunk]:
        trunks: QuerySet[Trunk] = super().get_queryset(request)  # type: ignore[misc]  # a mixin's super
        return trunks.select_related("health")

    def get_readonly_fields(self, request: HttpRequest, obj: Trunk | None = None) -> tuple[str, ...]:
        fields: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))  # type: ignore[misc]  # a mixin's super
        return (*fields, *self.health_fields) if obj else fields

    def get_fieldsets(self, request: HttpRequest, obj: Trunk | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]  # a mixin's super
        return (*fieldsets, (_("Now"), {"fields": self.health_fields})) if obj else fieldsets

    @admin.display(description=_("state"), ordering="health__state")
    def health_now(self, trunk: Trunk) -> SafeString:
        health = health_of(trunk)
        state = health.state if health and trunk.enabled and not is_stale(health) else HealthState.UNKNOWN
        label = HealthState(state).label if trunk.enabled else DISABLED
        failing = health and trunk.enabled and health.registration in {"failed", "refused"}
        more = format_html(" · {}", _("registration failing")) if failing else ""
        return format_html('<span class="cc-health" data-health="{}"></span> {}{}', state, label, more)

    @admin.display(description=_("state"))
    def health_in_words(self, trunk: Trunk) -> SafeString | Promise | str:
        if not trunk.enabled:
            return DISABLED
        health = health_of(trunk)
        if health is None:
            return HealthState.UNKNOWN.label if conf.current().trunk_check_seconds else NOBODY_ASKS
        told = {"state": health.get_state_display(), "moment": words.moment(health.since)}
        since = _("%(state)s since %(moment)s.") % told
        said = format_html(" ({})", words.foreign(health.detail)) if health.reason and health.detail else ""
        return format_html("{} {}{}", since, REASONS.get(health.reason, ""), said)

    @admin.display(description=_("last check"))
    def health_checked(self, trunk: Trunk) -> SafeString | str:
        health = health_of(trunk)
        if health is None or health.checked_at is None:
            return words.NOTHING
        stale = _("Nobody has asked since: is the switchboard running?") if is_stale(health) else ""
        took = f", {health.round_trip_ms} ms" if health.round_trip_ms is not None else ""
        return format_html("{}{} {}", words.moment(health.checked_at), took, stale)

    @admin.display(description=_("registration"))
    def registration_in_words(self, trunk: Trunk) -> SafeString | str:
        health = health_of(trunk)
        if not trunk.registers or health is None or not health.registration:
            return words.NOTHING
        told = REGISTRATIONS.get(health.registration, health.registration)
        return format_html("{} ({})", told, words.moment(health.registration_since))


def health_of(trunk: Trunk) -> TrunkHealth | None:
    """What the switchboard wrote, if it did."""
    return getattr(trunk, "health", None)


def is_stale(health: TrunkHealth) -> bool:
    """Whether the switchboard stopped writing."""
    return health.checked_at is None or timezone.now() - health.checked_at > STALE
