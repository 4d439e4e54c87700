"""The preview in the admin: the real screens of a mode, under a policy that lets nothing run."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from tests.web.factories import make_agent, make_application, make_language
from widget import roles
from widget.admin.preview import SCREENS
from widget.models import Agent, Mode, TextOverride
from widget.scripts import frame_style

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Agent:
    return make_agent(make_application(), name="<b>Ann</b>", display_number="+12025550199")


def frame(client: Client, mode: Mode, **query: str) -> str:
    response = client.get(reverse("admin:ccsdk_mode_preview_frame", args=[mode.pk]), query)
    assert response.status_code == 200
    return response.text


class TestFrame:
    @pytest.mark.parametrize("screen", SCREENS)
    @pytest.mark.parametrize("workbench", [True, False])
    def test_every_screen(self, admin_client: Client, screen: str, *, workbench: bool) -> None:
        html = frame(admin_client, Mode.objects.create(name="m", workbench=workbench, theme="dark"), screen=screen)
        assert 'data-theme="dark"' in html
        assert "<script" not in html
        assert "<body inert>" in html

    def test_its_policy(self, admin_client: Client, agent: Agent) -> None:
        mode = agent.application.default_mode
        mode.accent = "#2350d2"
        mode.save()
        response = admin_client.get(reverse("admin:ccsdk_mode_preview_frame", args=[mode.pk]))
        policy = response["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self' 'nonce-")
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'self'" in policy
        assert response["X-Frame-Options"] == "SAMEORIGIN"
        nonce = policy.partition("'nonce-")[2].partition("'")[0]
        assert f'<style nonce="{nonce}">:root {{ --accent: light-dark(#2350d2' in response.text

    def test_shows_the_modes_parts_and_the_admins_words(self, admin_client: Client) -> None:
        TextOverride.objects.create(language=make_language("es"), source="Hang up", text="<i>Fin</i>")
        html = frame(admin_client, Mode.objects.create(name="m", masks_numbers=True), screen="talking", language="es")
        assert "&lt;i&gt;Fin&lt;/i&gt;" in html
        assert "0100" not in html

    def test_from_right_to_left(self, admin_client: Client) -> None:
        assert 'dir="rtl"' in frame(admin_client, Mode.objects.create(name="m"), language="ar")

    def test_nonsense_is_the_default(self, admin_client: Client) -> None:
        html = frame(admin_client, Mode.objects.create(name="m"), screen="x<y", language="xx")
        assert 'lang="en"' in html
        assert 'data-stage="idle"' in html

    def test_its_style_sheet_is_the_frames_own(self, admin_client: Client) -> None:
        """Also where static files are collected under names with a hash, or live on another host."""
        html = frame(admin_client, Mode.objects.create(name="m"))
        assert f'href="/cc/frame.css?v={frame_style().tag}"' in html
        assert html.count("<link") == 1


class TestPages:
    def test_beside_a_mode(self, admin_client: Client, agent: Agent) -> None:
        mode = agent.application.default_mode
        preview = reverse("admin:ccsdk_mode_preview", args=[mode.pk])
        assert preview in admin_client.get(reverse("admin:ccsdk_mode_change", args=[mode.pk])).text
        text = admin_client.get(preview, {"screen": "held", "language": "ar"}).text
        assert "preview/frame/?screen=held&amp;language=ar" in text
        assert "sandbox></iframe>" in text

    def test_as_an_agent_sees_it(self, admin_client: Client, agent: Agent) -> None:
        agent.mode = Mode.objects.create(name="Own", theme="light")
        agent.save()
        html = admin_client.get(reverse("admin:ccsdk_agent_preview_frame", args=[agent.pk])).text
        assert 'data-theme="light"' in html
        assert "&lt;b&gt;Ann&lt;/b&gt;" in html
        assert "<b>Ann" not in html

    def test_a_supervisor_sees_own_agents_only(self, client: Client, agent: Agent) -> None:
        user = User.objects.create_user("sue", is_staff=True)
        user.groups.add(Group.objects.get(name=roles.SUPERVISORS))
        client.force_login(user)
        address = reverse("admin:ccsdk_agent_preview", args=[agent.pk])
        assert client.get(address).status_code == 404
        agent.group.supervisors.add(user)
        assert client.get(address).status_code == 200
        assert (
            client.get(reverse("admin:ccsdk_mode_preview", args=[agent.application.default_mode_id])).status_code == 403
        )

    def test_not_for_strangers(self, client: Client, agent: Agent) -> None:
        response = client.get(reverse("admin:ccsdk_agent_preview_frame", args=[agent.pk]))
        assert response.status_code == 302
