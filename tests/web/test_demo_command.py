"""The parts of ``manage.py demo`` that decide before anything starts."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django import Settings

from ccsite import secret_keys
from ccsite.demo import banner, parent, values
from ccsite.demo.services import find_places


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_nothing_but_loopback_is_accepted(host: str) -> None:
    with pytest.raises(CommandError, match=r"listens on 127\.0\.0\.1 only"):
        call_command("demo", host=host)


def test_a_port_in_use_is_told_with_the_way_out(tmp_path: Path, settings: Settings) -> None:
    settings.VAR_DIR = tmp_path
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use.*PORT="):
            call_command("demo", port=port)


def test_two_demos_in_one_folder_are_refused(tmp_path: Path, settings: Settings) -> None:
    from ccsite.management.commands.demo import _only_one

    settings.VAR_DIR = tmp_path
    with _only_one(tmp_path), pytest.raises(CommandError, match="already"):
        call_command("demo", port=0)


def test_the_customer_is_on_another_origin() -> None:
    places = find_places(0)
    try:
        assert places.server_url == f"http://localhost:{places.server_port}"
        assert places.customer_url == f"http://127.0.0.1:{places.customer_port}"
        assert places.server_port != places.customer_port
    finally:
        places.close()


def test_the_banner_shows_every_address_and_value() -> None:
    places = find_places(0)
    try:
        text = banner.text(places, values.agents())
        for shown in (places.customer_url, places.server_url, str(places.carrier_port), "demoKey1", "demoSecret1"):
            assert shown in text
        assert "demo_001 to demo_004" in text
    finally:
        places.close()


def test_the_key_file_is_private_and_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(secret_keys.VARIABLE, raising=False)
    path = tmp_path / "var" / "secret.key"
    assert secret_keys.read(path) == []
    secret_keys.ensure(path)
    first = secret_keys.read(path)
    secret_keys.ensure(path)
    assert secret_keys.read(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    Fernet(first[0])


def test_keys_of_the_environment_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret_keys.ensure(tmp_path / "secret.key")
    monkeypatch.setenv(secret_keys.VARIABLE, "new,old")
    assert secret_keys.read(tmp_path / "secret.key") == ["new", "old"]


def test_a_parent_that_is_gone_has_no_signals() -> None:
    assert parent.caught_signals(2**22 + 1) == ""
