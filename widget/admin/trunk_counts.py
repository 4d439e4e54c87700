"""How calls fared over a trunk: in the list of trunks and, day by day, on its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from widget.admin import words
from widget.models import CallDirection, Trunk, TrunkCount
from widget.switchboard.attempts import ANSWERED, NO_RESPONSE

DAYS_IN_LIST = 7
DAYS_ON_PAGE = 14
TITLES = (_("day"), _("direction"), _("attempts"), _("answered"), _("post-dial delay"), _("failed, by SIP status"))


@dataclass(slots=True)
class Tally:
    """The counts of one day, or of several."""

    attempts: int = 0
    answered: int = 0
    delays: int = 0
    delay_ms: int = 0
    failures: dict[int, int] = field(default_factory=dict)

    def add(self, row: TrunkCount) -> None:
        self.attempts += row.attempts
        self.delays += row.delays
        self.delay_ms += row.delay_ms
        if row.sip_code == ANSWERED:
            self.answered += row.attempts
        else:
            self.failures[row.sip_code] = self.failures.get(row.sip_code, 0) + row.attempts


def since(days: int) -> date:
    """The first of so many days (UTC), today included."""
    return datetime.now(UTC).date() - timedelta(days=days - 1)


def ratio(answered: int, attempts: int) -> str:
    """The answer-seizure ratio: how many of the attempts were answered."""
    return f"{answered / attempts:.0%}" if attempts else words.NOTHING


def delay(delay_ms: int, delays: int) -> str:
    """The mean post-dial delay in seconds."""
    return f"{delay_ms / delays / 1000:.1f} s" if delays else words.NOTHING


def by_day(rows: Iterable[TrunkCount]) -> Iterator[tuple[date, CallDirection, Tally]]:
    """The newest first, each direction by itself; ``rows`` in that order."""
    for (day, direction), of_day in groupby(rows, key=lambda row: (row.day, row.direction)):
        tally = Tally()
        for row in of_day:
            tally.add(row)
        yield day, CallDirection(direction), tally


class TrunkCountsMixin:
    """``answer_ratio`` and ``post_dial_delay`` are for the list, ``counts_by_day`` for the page."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trunk]:
        trunks: QuerySet[Trunk] = super().get_queryset(request)  # type: ignore[misc]  # a mixin's super
        lately = Q(counts__day__gte=since(DAYS_IN_LIST), counts__direction=CallDirection.OUTBOUND)
        return trunks.annotate(
            count_attempts=Sum("counts__attempts", filter=lately, default=0),
            count_answered=Sum("counts__attempts", filter=lately & Q(counts__sip_code=ANSWERED), default=0),
            count_delays=Sum("counts__delays", filter=lately, default=0),
            count_delay_ms=Sum("counts__delay_ms", filter=lately, default=0),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Trunk | None = None) -> tuple[str, ...]:
        fields: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))  # type: ignore[misc]  # a mixin's super
        return (*fields, "counts_by_day") if obj else fields

    def get_fieldsets(self, request: HttpRequest, obj: Trunk | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]  # a mixin's super
        return (*fieldsets, (_("How calls fared"), {"fields": ("counts_by_day",)})) if obj else fieldsets

    @admin.display(description=_("answered, 7 days"), ordering="count_answered")
    def answer_ratio(self, trunk: Any) -> str:
        share = ratio(trunk.count_answered, trunk.count_attempts)
        return f"{share} ({trunk.count_answered}/{trunk.count_attempts})" if trunk.count_attempts else share

    @admin.display(description=_("post-dial delay"), ordering="count_delay_ms")
    def post_dial_delay(self, trunk: Any) -> str:
        return delay(trunk.count_delay_ms, trunk.count_delays)

    @admin.display(description=_("the last 14 days"))
    def counts_by_day(self, trunk: Trunk) -> SafeString:
        rows = trunk.counts.filter(day__gte=since(DAYS_ON_PAGE)).order_by("-day", "-direction", "sip_code")
        lines = [_cells(day, direction, tally) for day, direction, tally in by_day(rows)]
        if not lines:
            return SafeString(words.NOTHING)
        titles = (
            _("day"),
            _("direction"),
            _("attempts"),
            _("answered"),
            _("post-dial delay"),
            _("failed, by SIP status"),
        )
        head = format_html_join("", "<th>{}</th>", ((title,) for title in titles))
        body = format_html_join(
            "", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", lines
        )
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


def _cells(day: date, direction: CallDirection, tally: Tally) -> tuple[str, str, int, str, str, str]:
    failed = (f"{_name(code)} × {count}" for code, count in sorted(tally.failures.items()))  # noqa: RUF001  (a times sign)
    return (
        day.isoformat(),
        str(direction.label),
        tally.attempts,
        f"{tally.answered} ({ratio(tally.answered, tally.attempts)})",
        delay(tally.delay_ms, tally.delays),
        ", ".join(failed) or words.NOTHING,
    )


def _name(sip_code: int) -> str:
    return str(_("no answer at all")) if sip_code == NO_RESPONSE else str(sip_code)
