"""The admin behind a real server, and Chromium signed in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.async_api import Browser, BrowserContext, async_playwright
from pytest_django.live_server_helper import LiveServer

from tests.e2e.admin.pages import FINDINGS
from tests.e2e.conftest import CHROMIUM, FLAGS
from widget.admin import trunk_test


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the switchboard says of a trunk: there is none behind these pages, its own tests ask real carriers."""
    found = list(FINDINGS)

    async def answer(trunk_id: int, number: str) -> list[dict[str, Any]]:
        return found

    monkeypatch.setattr(trunk_test, "ask", answer)
    return found


@pytest.fixture
def session(admin_user: User, transactional_db: None) -> str:
    """The cookie of a superuser who signed in."""
    client = Client()
    client.force_login(admin_user)
    return client.cookies["sessionid"].value


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def admin(browser: Browser, live_server: LiveServer, session: str) -> AsyncIterator[BrowserContext]:
    """Pages of the admin, by their paths."""
    context = await browser.new_context(
        base_url=live_server.url, viewport={"width": 1400, "height": 1000}, reduced_motion="reduce", locale="en"
    )
    await context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context
    await context.close()
