"""What admins may type: normalised, or refused with the field and the fix."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from widget.models.validation import (
    normalise_codec,
    normalise_each,
    normalise_network,
    normalise_origin,
    validate_account,
    validate_language_code,
    validate_phone_number,
    validate_sip_host,
)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://crm.example.com", "https://crm.example.com"),
        ("HTTPS://CRM.Example.COM", "https://crm.example.com"),
        ("https://crm.example.com/", "https://crm.example.com"),
        ("https://crm.example.com:443", "https://crm.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("http://[::1]:8001", "http://[::1]:8001"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_origins_become_what_browsers_send(typed: str, origin: str) -> None:
    assert normalise_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "*",
        "https://*.example.com",
        "crm.example.com",
        "//crm.example.com",
        "ftp://crm.example.com",
        "file:///x",
        "null",
        "https://",
        "https://crm.example.com/path",
        "https://crm.example.com?",
        "https://crm.example.com#x",
        "https://user@crm.example.com",
        "https://crm.example.com:0x50",
        "https://crm.example.com:99999",
        "https://crm example.com",
        "https://crm.example.com;script-src *",
        "https://crm.example.com\nx",
        "https://[::1",
        "https://[zz]",
        "https://-x.example",
        "https://" + "a" * 64 + ".example",
    ],
)
def test_what_is_no_origin_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(ValidationError, match=r"https://crm\.example\.com"):
        normalise_origin(typed)


@pytest.mark.parametrize(
    ("typed", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
    ],
)
def test_networks(typed: str, network: str) -> None:
    assert normalise_network(typed) == network


@pytest.mark.parametrize("typed", ["203.0.113.7/24", "203.0.113", "example.com", "1.2.3.4-1.2.3.9", "*", "0x7f.1"])
def test_what_is_no_network_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="neither an address nor a network"):
        normalise_network(typed)


def test_codecs() -> None:
    assert normalise_each([" pcma ", "PCMU", "pcmu", ""], normalise_codec) == ["PCMA", "PCMU"]
    with pytest.raises(ValidationError, match="PCMU, PCMA"):
        normalise_codec("speex")


@pytest.mark.parametrize("value", ["PCMU", {"a": 1}, [1], None, [["PCMU"]]])
def test_lists_hold_texts(value: object) -> None:
    with pytest.raises(ValidationError, match="list of texts"):
        normalise_each(value, normalise_codec)


def test_every_fault_of_a_list_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        normalise_each(["x", "PCMU", "y"], normalise_codec)
    assert [("x" in text or "y" in text) for text in caught.value.messages] == [True, True]


@pytest.mark.parametrize("host", ["sip.example.com", "localhost", "127.0.0.1", "2001:db8::1", "carrier_1.example"])
def test_hosts(host: str) -> None:
    validate_sip_host(host)


@pytest.mark.parametrize(
    "host",
    ["", "sip:example.com", "example.com:5060", "exa mple.com", "10.0.0", "300.1.1.1", "-x.com", "a..b", "x\r\nVia: y"],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match=r"sip\.example\.com"):
        validate_sip_host(host)


@pytest.mark.parametrize("account", ["demo_001", "ann@example.com", "A.b-c_9", "x" * 64])
def test_accounts(account: str) -> None:
    validate_account(account)


@pytest.mark.parametrize("account", ["", "a:b", "a b", "é", "x" * 65, "ann\n", "<b>"])
def test_what_is_no_account_is_refused(account: str) -> None:
    with pytest.raises(ValidationError, match="no colon"):
        validate_account(account)


@pytest.mark.parametrize(
    ("number", "good"), [("+12025550100", True), ("100", True), ("+", False), ("1-2", False), ("1\n", False)]
)
def test_display_numbers(number: str, *, good: bool) -> None:
    if good:
        validate_phone_number(number)
    else:
        with pytest.raises(ValidationError, match="digits only"):
            validate_phone_number(number)


@pytest.mark.parametrize(
    ("code", "good"), [("en", True), ("zh-Hans", True), ("pt-BR", True), ("e", False), ("en_US", False), ("en-", False)]
)
def test_language_codes(code: str, *, good: bool) -> None:
    if good:
        validate_language_code(code)
    else:
        with pytest.raises(ValidationError, match="language tag"):
            validate_language_code(code)
