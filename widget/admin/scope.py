"""Confines supervisors to their own groups, in every list, page, action and filter."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from widget.roles import supervised


class ScopedMixin:
    """``scope`` is the path from a row to its agent group."""

    scope = "group"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]  # a mixin's super
        groups = supervised(request.user)
        return rows if groups is None else rows.filter(**{f"{self.scope}__in": groups})


class OwnFieldListFilter(admin.RelatedFieldListFilter):
    """Offers what the user's own rows have: the names of others' groups are not for a supervisor."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        keys = model_admin.get_queryset(request).order_by().values(self.field_path).distinct()
        return field.get_choices(include_blank=False, limit_choices_to={"pk__in": keys})
