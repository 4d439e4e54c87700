"""One agent's application, and Chromium with a scripted phone server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from django.http import HttpResponse
from playwright.async_api import Browser
from pytest_django import Settings

from tests.e2e.element.scripted_site import CRM, PUBLIC_ID, ScriptedSite, chromium, render_documents, scripted_site
from tests.e2e.element.variants import VARIANTS, Variant
from tests.web.factories import make_application, make_language


@pytest.fixture
def allowed_origin() -> str:
    return CRM


@pytest.fixture
def documents(db: None, settings: Settings, allowed_origin: str) -> dict[str, HttpResponse]:
    settings.ALLOWED_HOSTS = ["phone.test"]
    make_language("es")
    make_application(allowed_origins=[allowed_origin], public_id=PUBLIC_ID)
    return render_documents(PUBLIC_ID)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_browser() -> AsyncIterator[Browser]:
    """One Chromium for a module's tests: each gets a context of its own, and starting it is most of their time."""
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def site(one_browser: Browser, documents: dict[str, HttpResponse]) -> AsyncIterator[ScriptedSite]:
    async with scripted_site(one_browser, documents) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", params=VARIANTS, ids=lambda variant: variant.name)
async def varied(
    request: pytest.FixtureRequest, one_browser: Browser, documents: dict[str, HttpResponse]
) -> AsyncIterator[tuple[Variant, ScriptedSite]]:
    variant: Variant = request.param
    viewport: Any = {"width": variant.width + 16, "height": 620}
    async with scripted_site(
        one_browser, documents, viewport=viewport, color_scheme=variant.scheme, reduced_motion="reduce"
    ) as opened:
        yield variant, opened
