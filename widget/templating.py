"""Renders the widget's own templates with the engine that is set up for them.

A project may have engines beside it. Django would take the first one that finds a template, and another Jinja2 engine
with ``APP_DIRS`` finds ours too, without the environment that they need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template import engines
from django.template.loader import render_to_string

ENVIRONMENT = "widget.jinja.environment"
JINJA_BACKEND = "django.template.backends.jinja2.Jinja2"


def render(template: str, context: Mapping[str, Any]) -> str:
    """Return the text of a template below ``templates/widget``."""
    return render_to_string(template, dict(context), using=_engine())


def is_ours(engine: Mapping[str, Any]) -> bool:
    """Whether an entry of the setting ``TEMPLATES`` renders with our environment."""
    return engine.get("BACKEND") == JINJA_BACKEND and engine.get("OPTIONS", {}).get("environment") == ENVIRONMENT


def _engine() -> str | None:
    """Its alias. Without one Django tries them all; the check ``ccsdk.E005`` has said so by then."""
    return next((alias for alias, engine in engines.templates.items() if is_ours(engine)), None)
