"""The Jinja environment of the widget's templates; a host project names it in its Jinja2 engine's options."""

from __future__ import annotations

import re
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django_htmx.jinja import htmx_script
from jinja2 import Environment
from markupsafe import Markup, escape

from widget import texts
from widget.embedding import cc_sdk

_STRAY_PERCENT = re.compile(r"%(?!\(\w+\)s)")


# Jinja's newstyle gettext marks what the catalogue returns as safe HTML and fills it in by %. Texts may come from an
# administrator, so they are escaped here, before Jinja trusts them, and a per cent sign of theirs stays one; the
# placeholders' values are escaped by Jinja itself.
def _gettext(message: str) -> Markup:
    own = texts.own_wording(message)
    return escape(texts.text(message) if own is None else _STRAY_PERCENT.sub("%%", own))


def _ngettext(singular: str, plural: str, number: int) -> Markup:
    return escape(translation.ngettext(singular, plural, number))


def _pgettext(context: str, message: str) -> Markup:
    return escape(translation.pgettext(context, message))


def _npgettext(context: str, singular: str, plural: str, number: int) -> Markup:
    return escape(translation.npgettext(context, singular, plural, number))


def environment(**options: Any) -> Environment:
    """Return Django's Jinja environment with translation and ``static``, ``url``, ``htmx_script`` and ``cc_sdk``."""
    env = Environment(autoescape=True, **{name: value for name, value in options.items() if name != "autoescape"})
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it
        _gettext, _ngettext, newstyle=True, pgettext=_pgettext, npgettext=_npgettext
    )
    env.globals.update(static=static, url=reverse, htmx_script=htmx_script, cc_sdk=cc_sdk)
    return env
