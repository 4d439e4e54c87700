"""The widget's templates are rendered by its own engine, whatever engines a project has before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web.factories import make_application
from widget import rendering, templating
from widget.models import Mode

pytestmark = pytest.mark.django_db


@pytest.fixture
def other_engine(settings: Any, tmp_path: Path) -> None:
    """One that finds templates of our names, and knows nothing of what they need."""
    for name in ("frame", "preview", "refusal", "errors", *(f"partials/{name}" for name in rendering.FRAGMENTS)):
        file = tmp_path / f"widget/{name}.html"
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text("{{ nothing.of.ours }}")
    own = {"BACKEND": templating.JINJA_BACKEND, "NAME": "own", "DIRS": [tmp_path], "APP_DIRS": False}
    settings.TEMPLATES = [own, *settings.TEMPLATES]


def test_beside_another_engine_that_finds_them_first(other_engine: None, admin_client: Client) -> None:
    application = make_application()
    assert "cc-stage" in admin_client.get(f"/cc/frame/{application.public_id}").text
    assert "cc-data" in admin_client.get("/cc/frame/BBBBBBBBB2").text
    assert "100200" in admin_client.get("/cc/errors").text
    preview = reverse("admin:ccsdk_mode_preview_frame", args=[Mode.objects.get().pk])
    assert 'data-stage="idle"' in admin_client.get(preview).text


def test_the_check_finds_ours_beside_it(other_engine: None, settings: Any) -> None:
    assert [templating.is_ours(engine) for engine in settings.TEMPLATES][:2] == [False, True]
