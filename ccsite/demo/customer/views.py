"""The demo customer's addresses: its page, the playground, and the credential for both."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from ccsite.demo.customer.call_centre import CallCentre, RefusedError
from ccsite.demo.customer.contacts import CONTACTS

LANGUAGES = (
    ("en", "English"),
    ("es", "Español"),
    ("zh-Hans", "简体中文"),
    ("pt", "Português"),
    ("fr", "Français"),
    ("de", "Deutsch"),
    ("hi", "हिन्दी"),
    ("ar", "العربية"),
)
PROPERTIES = (
    ("accent", "rebeccapurple"),
    ("background", "#fffdf7"),
    ("surface", "#f3efe4"),
    ("text", "#20252e"),
    ("radius", "4px"),
)

Ask = Callable[[CallCentre, str, Mapping[str, object]], Awaitable[dict[str, object]]]
"""What is asked of the call centre: for which agent, with what the page sent."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The CRM page."""
    return _shown(request, "customer.html", contacts=CONTACTS)


@require_safe
def playground(request: HttpRequest) -> HttpResponse:
    """Every option, method and event of the widget, to try."""
    return _shown(request, "playground.html", languages=LANGUAGES, properties=PROPERTIES)


@require_POST
async def credential(request: HttpRequest) -> JsonResponse:
    """Answer ``{"authentication": …}``, or ``{"code", "message"}`` with status 400, 415 or 502.

    A real customer knows the agent from its own session; the demo lets the page choose. Only JSON is taken, for a form
    of another site could not send it without asking the browser first.
    """

    async def ask(call_centre: CallCentre, account: str, _sent: Mapping[str, object]) -> dict[str, object]:
        return {"authentication": await call_centre.credential(account)}

    return await _answer(request, ask)


@require_POST
async def mode(request: HttpRequest) -> JsonResponse:
    """Answer ``{"modes", "mode"}`` of an agent, after giving it the ``mode`` that was sent, if any.

    The playground's alone: what an agent's widget has is decided by the call centre's admin, not by a customer.
    """

    async def ask(call_centre: CallCentre, account: str, sent: Mapping[str, object]) -> dict[str, object]:
        return await call_centre.mode(account, str(sent["mode"]) if "mode" in sent else None)

    return await _answer(request, ask)


async def _answer(request: HttpRequest, ask: Ask) -> JsonResponse:
    if request.content_type != "application/json":
        return _problem("", "send JSON", 415)
    sent = _object(request.body)
    account = str(sent.get("account", ""))
    call_centre = CallCentre.from_environment()
    if account not in call_centre.agents:
        return _problem("", "no such agent", 400)
    try:
        return JsonResponse(await ask(call_centre, account, sent))
    except RefusedError as refusal:
        return _problem(refusal.status, refusal.reason, 502)


def _shown(request: HttpRequest, template: str, **values: object) -> HttpResponse:
    """A page with the widget, under a policy as strict as the widget allows."""
    call_centre = CallCentre.from_environment()
    context = {"sdk_url": call_centre.url, "agents": call_centre.agents, **values}
    response = render(request, template, context)
    response["Content-Security-Policy"] = content_security_policy(call_centre.origin)
    return response


def content_security_policy(sdk: str) -> str:
    """Return the header's value; beyond its own files a page needs the call centre in script-src and frame-src."""
    return (
        f"default-src 'none'; script-src 'self' {sdk}; frame-src {sdk}; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _object(body: bytes) -> Mapping[str, object]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _problem(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
