"""The lines that put the widget into a page, for Django templates and for Jinja."""

from __future__ import annotations

import json

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_OPTIONS = {"no_work_mode": "noWorkMode", "is_remark": "isRemark", "is_information": "isInformation", "lang": "lang"}
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def cc_sdk(
    token: str = "", *, id: str = "sdk", origin: str = "", nonce: str = "", **options: bool | str | None
) -> SafeString:
    """Return the script tag and the element; with ``token``, also the call of ``ccSdk.register()``.

    ``origin`` is where the phone server is, empty where it is this project. ``options`` are those of ``register()`` in
    Python's spelling: no_work_mode, is_remark, is_information, lang; ``None`` leaves one out. ``nonce`` is the page's
    Content-Security-Policy nonce. Raises TypeError for an option that does not exist.
    """
    if unknown := set(options) - set(_OPTIONS):
        raise TypeError(f"cc_sdk: no option {', '.join(sorted(unknown))}")
    own = format_html(' nonce="{}"', nonce) if nonce else ""
    source = origin.rstrip("/") + reverse("ccsdk:sip-sdk")
    lines = [format_html('<script src="{}"{}></script>\n<cc-sdk id="{}"></cc-sdk>', source, own, id)]
    if token:
        given = {_OPTIONS[name]: value for name, value in options.items() if value is not None}
        # Inside a script element, only what could end it has to be escaped: this is JSON, never HTML.
        values = mark_safe(json.dumps({"token": token, **given}).translate(_ESCAPES))  # noqa: S308
        lines.append(format_html("<script{}>ccSdk.register({});</script>", own, values))
    return mark_safe("\n".join(lines))  # noqa: S308  (each line was escaped above)
