"""What all API views share: method, authentication, JSON body, envelope, and the last resort -18."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from widget.api import envelope
from widget.api.authentication import authenticate, source_address
from widget.api.errors import ApiError, ParameterError, SystemFailureError
from widget.models import Application

MAX_BODY_BYTES = 64 * 1024

logger = logging.getLogger(__name__)

Body = Mapping[str, Any]
Handler = Callable[[Application, Body], Any]
View = Callable[[HttpRequest], HttpResponse]


def post_endpoint(handler: Handler) -> View:
    """Turn ``handler(application, body) -> data`` into a view: signed POST in, envelope out."""

    @csrf_exempt  # no cookie is involved: the signature says who asks
    @wraps(handler)
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            response = envelope.failure(ParameterError("use the method POST"), http_status=405)
            response["Allow"] = "POST"
            return response
        try:
            return envelope.success(handler(authenticate(request), read_object(request)))
        except ApiError as error:
            _log_refusal(request, error)
            return envelope.failure(error)
        except Exception:  # the boundary: the contract has a status for whatever else fails
            logger.exception("%s failed", request.path)
            return envelope.failure(SystemFailureError())

    return view


def read_object(request: HttpRequest) -> Body:
    """Return the JSON object of the body. Raises ParameterError."""
    try:
        raw = request.read(MAX_BODY_BYTES + 1)
    except UnreadablePostError:
        raise ParameterError("the body ended early") from None
    if len(raw) > MAX_BODY_BYTES:
        raise ParameterError(f"the body is larger than {MAX_BODY_BYTES} bytes")
    try:
        body = json.loads(raw.decode("utf-8-sig"))  # some clients send a byte order mark
        json.dumps(body, ensure_ascii=False).encode()  # "\\ud800" is JSON, yet no text that anything could store
    except (ValueError, RecursionError):
        raise ParameterError("the body is not valid JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise ParameterError('the body must be a JSON object, for example {"account":"demo_001","expires":7200}')
    return body


def _log_refusal(request: HttpRequest, error: ApiError) -> None:
    # The key is what the stranger wrote: quoted, so that it cannot forge a log line, and cut.
    api_key = request.headers.get("Api-Key", "")[:64]
    logger.warning(
        "%s refused: %s %s; key %r, from %s", request.path, error.status, error.reason, api_key, source_address(request)
    )
