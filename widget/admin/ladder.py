"""The SIP ladder on a call's page, and its download as text."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from widget import conf
from widget.admin import ladder_rows
from widget.admin.explanation import explain
from widget.models import Call, CallMessage


class LadderMixin:
    """For the admin of calls: whoever may see a call may see what was said in it."""

    def get_urls(self: Any) -> list[URLPattern]:
        own = path(
            "<path:object_id>/ladder.txt",
            self.admin_site.admin_view(self.ladder_as_text),
            name="ccsdk_call_ladder",
        )
        return [own, *super().get_urls()]  # type: ignore[misc]  # a mixin's super

    def change_view(
        self: Any, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        call: Call | None = self.get_object(request, object_id)
        own = ladder_context(call) if call is not None else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **own})  # type: ignore[misc]  # a mixin's super
        return response

    def ladder_as_text(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """All messages in one file, for a ticket at the carrier."""
        call: Call | None = self.get_object(request, object_id)
        if call is None:
            raise Http404
        if not self.has_view_permission(request, call):
            raise PermissionDenied
        messages = list(call.messages.order_by("at", "pk"))
        lines = ladder_rows.as_text(call, messages, explain(call, messages))
        response = HttpResponse("".join(lines), content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="call-{call.pk}.txt"'
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def ladder_context(call: Call) -> dict[str, Any]:
    """What the page's template needs; the texts are here, as this is where they are found for translation."""
    messages: list[CallMessage] = list(call.messages.order_by("at", "pk"))
    days = conf.current().sip_ladder_days
    return {
        "cc_call": call,
        "cc_sentence": explain(call, messages),
        "cc_ladder": ladder_rows.build(call, messages, call.events.order_by("seq")) if messages else None,
        "cc_words": {
            "title": _("SIP ladder"),
            "why": _("Why it ended"),
            "help": _("What we and the carrier said to each other. A click on an arrow shows the message."),
            "download": _("Download as text"),
            "us": _("us"),
            "time": _("time"),
            "gap": _("gap"),
            "meaning": _("In words"),
            "none": _kept_in_words(days),
        },
    }


def _kept_in_words(days: float) -> Any:
    if not days:
        return _("SIP messages are not kept: the setting SIP_LADDER_DAYS is 0.")
    return _("No SIP message of this call is kept. They come with the call's end and stay for %(days)g days.") % {
        "days": days
    }
