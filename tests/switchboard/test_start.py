"""A server whose switchboard cannot start ends, and says why in a sentence."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from widget.routing import CcApplication
from widget.switchboard.lifecycle import InlineSwitchboard, LayerAwayError

PROJECT = Path(__file__).resolve().parents[2]
SENTENCE = "the store of the channel layer is away; start Redis, or correct CHANNEL_LAYERS"


def test_under_daphne(tmp_path: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.switchboard.inside_with_redis", "CCSITE_VAR": str(tmp_path)}
    command = (sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", "0", "ccsite.asgi:application")
    ended = subprocess.run(
        command, cwd=PROJECT, env=os.environ | settings, capture_output=True, text=True, timeout=60, check=False
    )
    said = ended.stdout + ended.stderr
    assert f"the switchboard cannot start: {SENTENCE}" in said
    assert "Traceback" not in said
    assert ended.returncode == 1


class Away(InlineSwitchboard):
    """Its store cannot be reached."""

    async def _start(self) -> Any:
        raise LayerAwayError(ConnectionRefusedError("refused"))


async def test_under_a_server_with_lifespan() -> None:
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    async def no_http(*_given: Any) -> None:
        raise AssertionError

    application = CcApplication(no_http, Away())
    async with asyncio.timeout(5):
        await application({"type": "lifespan"}, receive, send)
    assert said == [{"type": "lifespan.startup.failed", "message": f"{SENTENCE} (refused)"}]


async def test_stopping_what_never_started() -> None:
    switchboard = Away()
    with pytest.raises(LayerAwayError):
        await switchboard.ensure_started()
    await switchboard.stop()
