"""The demo customer's addresses: its page, the playground, and the credential for both."""

from __future__ import annotations

import json

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
    if request.content_type != "application/json":
        return _problem("", "send JSON", 415)
    account = _account(request.body)
    call_centre = CallCentre.from_environment()
    if account not in call_centre.agents:
        return _problem("", "no such agent", 400)
    try:
        return JsonResponse({"authentication": await call_centre.credential(account)})
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


def _account(body: bytes) -> str:
    try:
        parsed = json.loads(body)
    except ValueError:
        return ""
    return str(parsed.get("account", "")) if isinstance(parsed, dict) else ""


def _problem(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
