"""``{% load ccsdk %}{% cc_sdk token lang="es" %}``."""

from __future__ import annotations

from django import template

from widget.embedding import cc_sdk

register = template.Library()
register.simple_tag(cc_sdk, name="cc_sdk")
