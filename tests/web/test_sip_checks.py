"""The checks of what carriers reach: silent where nothing is set, loud with a hint where it cannot work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage

from tests.sip.certificates import Authority
from widget import conf
from widget.sip_checks import check_sip_certificate, check_sip_hosts
from widget.switchboard.configuration import sip_config


def found(check: Callable[[], list[CheckMessage]]) -> list[str | None]:
    messages = check()
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


@pytest.mark.parametrize(
    "values",
    [{}, {"SIP_HOST": "0.0.0.0", "SIP_SECOND_HOST": "::"}, {"SIP_HOST": "::1", "SIP_SECOND_HOST": "127.0.0.1"}],
)
def test_good_hosts(values: dict[str, str], settings: Any) -> None:
    settings.CCSDK = values
    assert found(check_sip_hosts) == []


@pytest.mark.parametrize(
    "values",
    [
        {"SIP_HOST": "our-server"},
        {"SIP_SECOND_HOST": "[::]"},
        {"SIP_HOST": "0.0.0.0", "SIP_SECOND_HOST": "10.0.0.5"},
    ],
)
def test_hosts_that_cannot_be_bound(values: dict[str, str], settings: Any) -> None:
    settings.CCSDK = values
    assert found(check_sip_hosts) == ["ccsdk.E011"]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Certificate, key and authority, and a key of another one."""
    authority = Authority()
    ours, other = authority.identity("sip.example.com"), authority.identity("other.example.com")
    texts = {"certificate": ours.certificate, "key": ours.key, "ca": authority.certificate, "other": other.key}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "both").write_text(ours.certificate + ours.key)
    return {name: str(tmp_path / name) for name in (*texts, "both", "missing")}


@pytest.mark.parametrize(
    "names", [{}, {"CERTIFICATE": "both"}, {"CERTIFICATE": "certificate", "KEY": "key", "CA": "ca"}]
)
def test_a_certificate_that_works(names: dict[str, str], files: dict[str, str], settings: Any) -> None:
    settings.CCSDK = {f"SIP_TLS_{key}": files[name] for key, name in names.items()}
    assert found(check_sip_certificate) == []
    assert (sip_config(conf.current()).tls is not None) == bool(names)


@pytest.mark.parametrize(
    "names",
    [
        {"KEY": "key"},
        {"CERTIFICATE": "missing"},
        {"CERTIFICATE": "certificate"},
        {"CERTIFICATE": "certificate", "KEY": "other"},
        {"CERTIFICATE": "both", "CA": "key"},
    ],
)
def test_a_certificate_that_cannot_be_used(names: dict[str, str], files: dict[str, str], settings: Any) -> None:
    settings.CCSDK = {f"SIP_TLS_{key}": files[name] for key, name in names.items()}
    assert found(check_sip_certificate) == ["ccsdk.E012"]


def test_both_families_and_the_tls_port_reach_the_user_agent(settings: Any) -> None:
    settings.CCSDK = {"SIP_HOST": "127.0.0.1", "SIP_SECOND_HOST": "::1", "SIP_TLS_PORT": 0}
    config = sip_config(conf.current())
    assert (config.host, config.second_host, config.tls_port, config.tls) == ("127.0.0.1", "::1", 0, None)
