"""The template tag and the Jinja global."""

from __future__ import annotations

import pytest
from django.template import engines

HOSTILE = "</script><script>alert(1)</script>&"


def _django(text: str, **context: object) -> str:
    return str(engines["django"].from_string("{% load ccsdk %}" + text).render(context))


def _jinja(text: str, **context: object) -> str:
    return str(engines["jinja2"].from_string(text).render(context))


def test_script_and_element() -> None:
    expected = '<script src="/sip-sdk.js"></script>\n<cc-sdk id="sdk"></cc-sdk>'
    assert _django("{% cc_sdk %}") == expected
    assert _jinja("{{ cc_sdk() }}") == expected


def test_a_server_elsewhere_and_a_nonce() -> None:
    html = _django('{% cc_sdk origin="https://cc.example.com/" id="phone" nonce=nonce %}', nonce='n1"')
    assert html.startswith('<script src="https://cc.example.com/sip-sdk.js" nonce="n1&quot;"></script>')
    assert '<cc-sdk id="phone">' in html


def test_a_token_registers() -> None:
    text = 'token, no_work_mode=False, is_remark=None, lang="es"'
    html = _jinja(f"{{{{ cc_sdk({text}) }}}}", token="Bearer x")
    assert html.endswith('<script>ccSdk.register({"token": "Bearer x", "noWorkMode": false, "lang": "es"});</script>')


def test_hostile_values_stay_values() -> None:
    html = _django("{% cc_sdk token id=token lang=token nonce=token origin=token %}", token=HOSTILE)
    assert html.count("<script") == 2
    assert html.count("</script>") == 2


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(TypeError, match="colour"):
        _jinja("{{ cc_sdk(colour='red') }}")
