"""How a call sounded, on its page, in the list and in the export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from widget.admin import export, words
from widget.admin.quality_chart import chart
from widget.models import Call, CallQuality, QualityVerdict
from widget.models.quality import POOR_MOS
from widget.visible_text import visible

SENTENCES: Mapping[str, Promise] = {
    QualityVerdict.GOOD: _("The sound was good."),
    QualityVerdict.AGENT_NETWORK: _("The sound suffered in the agent's network, between browser and server."),
    QualityVerdict.OUR_SERVER: _("The sound suffered in our server: it was too busy. Look at its CPU."),
    QualityVerdict.CARRIER: _("The sound suffered at the carrier, or on the way to it."),
    QualityVerdict.AGENT_SILENT: _("The other side could not hear the agent: no sound came from the browser."),
    QualityVerdict.CARRIER_SILENT: _("The agent could not hear the other side: no sound came from the carrier."),
    QualityVerdict.BOTH_SILENT: _("Neither side heard the other: no sound came from the browser nor from the carrier."),
}

_POOR: Final = "poor"
_LEG = (_("loss %"), _("bursts"), _("jitter ms"), _("round trip ms"), "MOS")
_WORDS: Final = {
    "title": _("Sound quality over the call (MOS 1 to 4.5)"),
    "overall": _("call"),
    "agent": _("agent's leg"),
    "carrier": _("carrier's leg"),
    "limit": _("poor below this"),
    "numbers": _("Numbers: the call, the agent's leg, the carrier's leg"),
    # In the order of models.quality.SAMPLE.
    "headings": (_("until"), "MOS", *_LEG, *_LEG),
}


class QualityFilter(admin.SimpleListFilter):
    """Calls of poor quality, or those that suffered in one place."""

    title = _("sound")
    parameter_name = "sound"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        verdicts = [(value, str(label)) for value, label in QualityVerdict.choices]
        return [(_POOR, str(_("poor quality"))), *verdicts]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        chosen = self.value()
        if chosen == _POOR:
            bad = Q(quality__mos_lowest__lt=POOR_MOS) | ~Q(quality__verdict=QualityVerdict.GOOD)
            return queryset.filter(bad, quality__isnull=False)
        return queryset.filter(quality__verdict=chosen) if chosen else queryset


class QualityMixin:
    """For the admin of calls."""

    @admin.display(description=_("sound"), ordering="quality__mos_lowest")
    def sound(self, call: Call) -> str:
        quality = quality_of(call)
        if quality is None:
            return words.NOTHING
        if not quality.is_poor:
            return f"{quality.mos_mean:.1f}"
        return f"{quality.mos_lowest:.1f} ({quality.get_verdict_display()})"

    @admin.display(description=_("in a sentence"))
    def sound_sentence(self, call: Call) -> str:
        quality = quality_of(call)
        return words.NOTHING if quality is None else str(SENTENCES.get(quality.verdict, quality.verdict))

    @admin.display(description=_("MOS, lowest and mean"))
    def sound_score(self, call: Call) -> str:
        quality = quality_of(call)
        return words.NOTHING if quality is None else f"{quality.mos_lowest:.1f} / {quality.mos_mean:.1f}"

    @admin.display(description=_("codecs, agent and carrier"))
    def sound_codecs(self, call: Call) -> str:
        quality = quality_of(call)
        if quality is None or not quality.agent_codec:
            return words.NOTHING
        codecs = {"agent": visible(quality.agent_codec), "carrier": visible(quality.carrier_codec)}
        return (
            _("%(agent)s and %(carrier)s, transcoded") if quality.is_transcoded else _("%(agent)s and %(carrier)s")
        ) % codecs

    @admin.display(description=_("while it lasted"))
    def sound_chart(self, call: Call) -> SafeString | str:
        quality = quality_of(call)
        if quality is None:
            return words.NOTHING
        drawn = chart(quality)
        context = {
            "chart": drawn,
            "words": _WORDS,
            "sentence": SENTENCES.get(quality.verdict, ""),
            "summary": _("Lowest %(lowest)s, mean %(mean)s, over %(length)s.")
            % {"lowest": f"{quality.mos_lowest:.1f}", "mean": f"{quality.mos_mean:.1f}", "length": drawn.length},
        }
        return render_to_string("admin/ccsdk/call/sound.html", context)


def quality_of(call: Call) -> CallQuality | None:
    """What is known; nothing of a call that was not answered or was over in seconds."""
    return getattr(call, "quality", None)


def _column(name: str) -> export.Column:
    return lambda call: getattr(quality_of(call), name, None)


COLUMNS: Mapping[str, export.Column] = {
    "lowest MOS": _column("mos_lowest"),
    "mean MOS": _column("mos_mean"),
    "sound": _column("verdict"),
    "worst loss": _column("worst_loss"),
    "worst jitter ms": _column("worst_jitter_ms"),
    "longest round trip ms": _column("worst_round_trip_ms"),
    "agent's codec": _column("agent_codec"),
    "carrier's codec": _column("carrier_codec"),
    "transcoded": _column("is_transcoded"),
}
