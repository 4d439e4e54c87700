"""“Test this trunk”: asks the switchboard to try it, and shows what it found step by step."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from widget.admin.trunk_test_words import OUTCOMES, STEPS, sentence
from widget.models import Trunk
from widget.switchboard.findings import Outcome
from widget.switchboard.messages import CHANNEL
from widget.switchboard.trunk_test import FOUND, REFUSED, TEST_SECONDS, TESTED

ANSWER_SECONDS = 5.0
"""How soon a switchboard says that it has begun."""
MAX_NUMBER = 40

Packed = dict[str, Any]


class NobodyAnswersError(Exception):
    """No switchboard took the request."""


class TrunkTestForm(forms.Form):
    number = forms.CharField(
        label=_("Number for a test call"),
        required=False,
        max_length=MAX_NUMBER,
        help_text=_(
            "Optional. It is dialled through this trunk as calls of agents are, and the call is taken back as soon as "
            "it rings: better a telephone of your own."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )


class TrunkTestMixin:
    """Adds the page; who may change a trunk may test it."""

    def get_urls(self: Any) -> list[URLPattern]:
        own = path("<path:object_id>/test/", self.admin_site.admin_view(self.test_view), name="ccsdk_trunk_test")
        return [own, *super().get_urls()]  # type: ignore[misc]  # a mixin's super

    def test_view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        trunk: Trunk | None = self.get_object(request, object_id)
        if trunk is None:
            raise Http404
        if not self.has_change_permission(request, trunk):
            raise PermissionDenied
        form = TrunkTestForm(request.POST or None)
        result = {}
        if request.method == "POST" and form.is_valid():
            result = run_test(trunk, form.cleaned_data["number"])
            self.log_change(request, trunk, str(result["verdict"]))
        context = {
            **self.admin_site.each_context(request),
            **result,
            "opts": self.opts,
            "original": trunk,
            "form": form,
            "title": _("Test this trunk"),
            "cc_words": PAGE_WORDS,
        }
        return TemplateResponse(request, "admin/ccsdk/trunk/test.html", context)


PAGE_WORDS = {
    "help": _(
        "The switchboard tries the trunk as calls use it: name, way, encryption, answer, credentials, and a call if "
        "you enter a number. It takes a few seconds, with a call up to half a minute; nothing is changed."
    ),
    "run": _("Test now"),
    "step": _("Step"),
    "result": _("Result"),
    "back": _("Back to the trunk"),
    "found": _("What was found"),
}


def run_test(trunk: Trunk, number: str) -> Packed:
    """``findings`` for the template, and ``verdict``: one sentence."""
    try:
        findings = async_to_sync(ask)(trunk.pk, number)
    except NobodyAnswersError:
        return {
            "findings": [],
            "verdict": _(
                "No switchboard answers. Start the server that owns the calls, and see in its log whether the "
                "switchboard is ready."
            ),
            "outcome": Outcome.FAIL.value,
        }
    outcomes = {finding["outcome"] for finding in findings}
    failed = Outcome.FAIL in outcomes or not findings
    return {
        "findings": [in_words(finding) for finding in findings],
        "verdict": NOT_YET if failed else WORKS if number else WORKS_SO_FAR,
        "outcome": (Outcome.FAIL if failed else Outcome.OK).value,
    }


NOT_YET = _("The trunk does not work yet: the sentences that failed say what to change.")
WORKS = _("The trunk works as far as it was tested.")
WORKS_SO_FAR = _("What was tested works. Enter a number to have a call tried as well.")


def in_words(finding: Packed) -> Packed:
    return {
        "step": STEPS.get(finding["step"], finding["step"]),
        "outcome": finding["outcome"],
        "result": OUTCOMES.get(finding["outcome"], finding["outcome"]),
        "sentence": sentence(finding),
    }


async def ask(trunk_id: int, number: str) -> list[Packed]:
    """Everything that the switchboard found. Raises NobodyAnswersError."""
    layer = get_channel_layer()
    if layer is None:
        raise NobodyAnswersError
    channel = await layer.new_channel()
    request = {"type": "trunk.test", "trunk": trunk_id, "number": number, "channel": channel, "asked_at": time.time()}
    findings: list[Packed] = []
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await layer.send(CHANNEL, request)
            begun = await layer.receive(channel)
        if begun["type"] == REFUSED:
            raise NobodyAnswersError
        async with asyncio.timeout(TEST_SECONDS + ANSWER_SECONDS):
            while (message := await layer.receive(channel))["type"] != TESTED:
                findings += [message["finding"]] if message["type"] == FOUND else []
    except (TimeoutError, ChannelFull):
        if not findings:
            raise NobodyAnswersError from None
    return findings
