"""What a browser loads: the element's script, the frame and the frame's script."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.html import json_script
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import condition, require_safe
from django.views.decorators.vary import vary_on_headers

from widget.errors import ALL_ERRORS, NotSignedInError, SignInFailure
from widget.frame_texts import client_texts, error_texts
from widget.languages import choose_language
from widget.models import Application
from widget.models.text import renew_texts
from widget.scripts import Script, element_script, frame_file, frame_part_address
from widget.templating import render

SCRIPT_MAX_AGE_SECONDS = 300


@require_safe
@vary_on_headers("Accept-Encoding")
@condition(etag_func=lambda request: f'W/"{element_script().tag}"')
def sip_sdk(request: HttpRequest) -> HttpResponse:
    """Serve ``sip-sdk.js`` to any page: what it may do is decided by the frame's origins and the credential."""
    response = _sent(request, element_script())
    response["Cache-Control"] = f"public, max-age={SCRIPT_MAX_AGE_SECONDS}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
@vary_on_headers("Accept-Encoding")
@condition(etag_func=lambda request, name: f'W/"{frame_file(name).tag}"')
def frame_part(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a script or style sheet of the frame, which names it with its tag, so browsers keep it for good."""
    file = frame_file(name)
    response = _sent(request, file, "text/css" if name.endswith(".css") else "text/javascript")
    is_named = request.GET.get("v") == file.tag
    response["Cache-Control"] = "public, max-age=31536000, immutable" if is_named else "no-cache"
    return response


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Explain every error code to web developers: the element's warnings in the console link here."""
    response = HttpResponse(render("widget/errors.html", {"errors": ALL_ERRORS}))
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    return response


def _sent(request: HttpRequest, script: Script, kind: str = "text/javascript") -> HttpResponse:
    accepts = "gzip" in request.headers.get("Accept-Encoding", "")
    content = script.packed if accepts else script.content
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    if accepts:
        response["Content-Encoding"] = "gzip"
    response["X-Content-Type-Options"] = "nosniff"
    return response


# Only this view may be framed, and only by the application's origins: frame-ancestors says which.
@require_safe
@xframe_options_exempt
def frame(request: HttpRequest, public_id: str) -> HttpResponse:
    """Serve the widget's document of one application; an unknown id gets a frame that only says so."""
    application = (
        Application.objects.select_related("default_language", "default_mode").filter(public_id=public_id).first()
    )
    response = _refusal() if application is None else _widget(request, application)
    return _secured(request, response, application)


def _widget(request: HttpRequest, application: Application) -> HttpResponse:
    renew_texts()
    language = choose_language(application, request.GET.get("lang", ""))
    with translation.override(language.code):
        data = {
            "origins": application.allowed_origins,
            "texts": client_texts(),
            "errors": error_texts(),
        }
        context = {
            "language": language,
            "socket_path": request.path.rsplit("/frame/", 1)[0] + "/ws",
            "part": frame_part_address,
            "data": json_script(data, "cc-data"),
        }
        return HttpResponse(render("widget/frame.html", context))


def _refusal() -> HttpResponse:
    error = NotSignedInError(SignInFailure.MALFORMED)
    data = {"code": error.code, "reason": error.reason, "message": error.message}
    return HttpResponse(
        render("widget/refusal.html", {"data": json_script(data, "cc-data"), "part": frame_part_address}), status=404
    )


def _secured(request: HttpRequest, response: HttpResponse, application: Application | None) -> HttpResponse:
    ancestors = ["*"] if application is None else application.allowed_origins or ["'none'"]
    response["Content-Security-Policy"] = _policy(request.get_host(), ancestors)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Content-Type-Options"] = "nosniff"
    # A page that isolates itself (COEP) embeds only what says the same of itself; all that the frame loads is ours.
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=(), display-capture=()"
    return response


def _policy(host: str, ancestors: list[str]) -> str:
    # The socket's address is named because not every browser lets 'self' cover ws: and wss:.
    files = " ".join(filter(None, ("'self'", _static_origin())))
    directives = {
        "default-src": "'none'",
        "script-src": files,
        "style-src": files,
        "connect-src": f"'self' ws://{host} wss://{host}",
        "media-src": "'self' blob: mediastream:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": " ".join(ancestors),
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _static_origin() -> str:
    """Return the origin of the static files where they live on a host of their own, else ""."""
    parts = urlsplit(settings.STATIC_URL or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
