"""The envelope of every answer (original-api.md, 1.3): ``status`` is a string, a failure has no ``data``."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from widget.api.errors import ApiError

CONTENT_TYPE = "application/json;charset=UTF-8"


def success(data: Any) -> HttpResponse:
    """Wrap a result; ``None`` where there is none."""
    return _respond({"status": "0", "reason": "success", "data": data})


def failure(error: ApiError, *, http_status: int = 200) -> HttpResponse:
    """Wrap a failure. HTTP 200 unless the request did not reach the interface: clients read ``status``."""
    return _respond({"status": error.status, "reason": error.reason}, http_status=http_status)


def _respond(content: dict[str, Any], *, http_status: int = 200) -> HttpResponse:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    response = HttpResponse(body, content_type=CONTENT_TYPE, status=http_status)
    response["Cache-Control"] = "no-store"
    return response
