"""The socket, with a real database and a real channel layer; the switchboard's part is played by the test."""

import json
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.db import OperationalError
from django.utils import timezone

from tests.web.factories import make_agent, make_application, make_ended_call, make_language
from widget import credentials, snapshots
from widget.consumers import ELSEWHERE, FRAMES_AT_ONCE, REFUSED, TOO_MUCH, AgentConsumer
from widget.models import Agent, Call, CallEvent, Credential, Language, TextOverride
from widget.models.text import renew_texts
from widget.switchboard import messages
from widget.switchboard.messages import CHANNEL, agent_group

pytestmark = pytest.mark.django_db(transaction=True)


class Page:
    """A page's end of the socket, and the switchboard's ear."""

    def __init__(self) -> None:
        self.socket = WebsocketCommunicator(AgentConsumer.as_asgi(), "/cc/ws")
        self.layer = get_channel_layer()

    async def send(self, **frame: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(frame))

    async def receive(self) -> dict[str, Any]:
        return dict(json.loads(await self.socket.receive_from(timeout=5)))

    async def html(self) -> str:
        return str(await self.socket.receive_from(timeout=5))

    async def heard(self) -> messages.Message:
        """The next message that reached the switchboard."""
        return messages.unpack(await self.layer.receive(CHANNEL))

    async def sign_in(self, token: str, **frame: Any) -> tuple[messages.PageJoined, dict[str, Any]]:
        await self.send(t="auth", id="a", token=token, **frame)
        ready = await self.receive()
        joined = await self.heard()
        assert isinstance(joined, messages.PageJoined)
        return joined, ready

    async def close_code(self) -> int:
        message = await self.socket.receive_output(timeout=5)
        assert message["type"] == "websocket.close"
        return int(message["code"])


@pytest.fixture
async def agent() -> Agent:
    return await sync_to_async(_make_agent)()


def _make_agent() -> Agent:
    make_language("es")
    return make_agent(make_application())


@pytest.fixture
async def token(agent: Agent) -> str:
    return await sync_to_async(credentials.issue)(agent, 600)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    page = Page()
    assert (await page.socket.connect())[0]
    yield page
    await page.socket.disconnect()
    await page.layer.flush()


async def test_signing_in_tells_the_page_who_it_is_and_the_switchboard_that_it_is_there(
    page: Page, agent: Agent, token: str
) -> None:
    joined, ready = await page.sign_in(token, options={"noWorkMode": True, "lang": "es-MX"})
    assert (joined.agent, joined.resumes) == (agent.pk, False)
    assert ready["agent"] == {"account": "demo_001", "name": "Ann"}
    assert ready["options"] == {
        "workbench": False,
        "remark": True,
        "information": True,
        "theme": "auto",
        "accent": "",
        "opensForCalls": True,
        "lang": "es",
        "dir": "ltr",
    }
    assert ready["since"] == 0


@pytest.mark.parametrize("bad", ["", "Bearer", "nonsense", "Bearer AbCdEf12Gh:demo_001:" + "1" * 36])
async def test_a_bad_credential_is_refused_with_100200(page: Page, agent: Agent, bad: str) -> None:
    await page.send(t="auth", token=bad)
    assert (await page.receive())["code"] == 100200
    assert await page.close_code() == REFUSED


async def test_a_bad_renewal_cuts_no_live_call(page: Page, agent: Agent, token: str) -> None:
    await page.sign_in(token)
    call = await Call.objects.acreate(application=agent.application, agent=agent, called="123")
    await page.send(t="auth", token="nonsense")
    refused = await page.receive()
    assert (refused["t"], refused["code"], refused["stays"]) == ("refused", 100200, True)
    await page.send(t="ping", id="p")
    assert await page.receive() == {"t": "pong", "id": "p"}
    await call.adelete()
    await page.send(t="auth", token="nonsense")
    assert "stays" not in await page.receive()
    assert await page.close_code() == REFUSED


async def test_nothing_goes_before_signing_in(page: Page) -> None:
    await page.send(t="dial", id="1", phone="123")
    refused = await page.receive()
    assert (refused["t"], refused["code"]) == ("refused", 100200)
    assert await page.close_code() == REFUSED


async def test_a_command_reaches_the_switchboard_with_its_id(page: Page, agent: Agent, token: str) -> None:
    joined, _ = await page.sign_in(token)
    await page.send(t="dial", id="x1", phone="+1 202", info="Ann")
    assert await page.heard() == messages.Dial(
        agent=agent.pk, channel=joined.channel, command="x1", phone="+1 202", info="Ann"
    )


async def test_the_chosen_devices_are_remembered_for_the_agent(page: Page, agent: Agent, token: str) -> None:
    _, ready = await page.sign_in(token)
    assert (ready["devices"], ready["echo"]) == ({}, "")
    headset = {"id": "a1", "label": "<b>Headset</b>"}
    await page.send(t="devices", id="1", devices={"input": headset, "output": None})
    assert await page.receive() == {"t": "result", "id": "1", "ok": True}
    _, ready = await page.sign_in(token)
    assert ready["devices"] == {"input": headset}


async def test_a_page_is_asked_to_renew_its_audio(page: Page, token: str) -> None:
    joined, _ = await page.sign_in(token)
    await page.layer.send(joined.channel, {"type": "audio.renew"})
    assert await page.receive() == {"t": "renew"}


async def test_a_folded_widget_is_remembered_for_the_agent(page: Page, agent: Agent, token: str) -> None:
    _, ready = await page.sign_in(token)
    assert ready["folded"] is None
    await page.send(t="fold", id="1", on=True)
    assert await page.receive() == {"t": "result", "id": "1", "ok": True}
    _, ready = await page.sign_in(token)
    assert ready["folded"] is True


async def test_a_search_is_answered_with_a_list_and_then_a_result(page: Page, agent: Agent, token: str) -> None:
    await sync_to_async(make_ended_call)(agent, called="+12025550100")
    await page.sign_in(token)
    await page.send(t="search", id="1", text="555")
    assert 'data-number="+12025550100"' in await page.html()
    assert await page.receive() == {"t": "result", "id": "1", "ok": True}


async def test_a_replaced_credential_cannot_dial_but_can_hang_up(page: Page, agent: Agent, token: str) -> None:
    await page.sign_in(token)
    await sync_to_async(credentials.issue)(agent, 600)
    await page.send(t="hang_up", id="1")
    assert isinstance(await page.heard(), messages.HangUp)
    await page.send(t="dial", id="2", phone="123")
    assert (await page.receive())["code"] == 100200
    assert await page.close_code() == REFUSED


async def test_a_fresh_credential_renews_on_the_same_socket(page: Page, agent: Agent, token: str) -> None:
    await page.sign_in(token)
    fresh = await sync_to_async(credentials.issue)(agent, 600)
    joined, _ = await page.sign_in(fresh, options={"lang": "es"})
    assert joined.resumes
    await page.send(t="dial", id="1", phone="123")
    assert isinstance(await page.heard(), messages.Dial)


async def test_an_expired_credential_signs_the_page_out(page: Page, agent: Agent, token: str) -> None:
    joined, _ = await page.sign_in(token)
    await Credential.objects.aupdate(expires_at=timezone.now())
    await Agent.objects.filter(pk=agent.pk).aupdate(status=2)
    await page.layer.group_send(agent_group(agent.pk), {"type": "agent.changed"})
    assert await page.receive() == {"t": "status", "value": 2}
    await page.html()
    await page.layer.send(joined.channel, {"type": "credential.check"})
    assert await page.receive() == {"t": "status", "value": 1}
    assert (await page.receive())["code"] == 100200
    assert await page.close_code() == REFUSED
    await page.socket.send_input({"type": "websocket.disconnect", "code": REFUSED})
    left = await page.heard()
    assert isinstance(left, messages.PageLeft)
    assert left.signed_out


async def test_another_page_of_the_agent_is_told_that_it_lost(page: Page, agent: Agent, token: str) -> None:
    joined, _ = await page.sign_in(token)
    await page.layer.send(joined.channel, {"type": "page.displaced"})
    http = await page.receive()
    assert (http["t"], http["code"]) == ("http", 100200)
    assert await page.close_code() == ELSEWHERE


async def test_what_changed_is_shown_once(page: Page, agent: Agent, token: str) -> None:
    await page.sign_in(token)
    await Agent.objects.filter(pk=agent.pk).aupdate(status=2, leg_connected=True)
    await page.layer.group_send(agent_group(agent.pk), {"type": "agent.changed"})
    assert (await page.receive())["state"] == "connected"
    assert await page.receive() == {"t": "status", "value": 2}
    html = await page.html()
    assert 'id="cc-stage"' in html
    assert 'id="cc-status"' in html
    await page.layer.group_send(agent_group(agent.pk), {"type": "agent.changed"})
    await page.send(t="ping", id="p")
    assert await page.receive() == {"t": "pong", "id": "p"}


async def test_a_page_that_comes_back_hears_what_it_missed(page: Page, agent: Agent, token: str) -> None:
    call = await sync_to_async(make_ended_call)(agent)
    missed = [
        await CallEvent.objects.acreate(call=call, seq=seq, name="x", data={"callStatus": status})
        for seq, status in ((1, 1), (2, 5))
    ]
    joined, ready = await page.sign_in(token, since=missed[0].pk)
    assert joined.resumes
    assert ready["since"] == missed[0].pk
    await page.layer.group_send(agent_group(agent.pk), {"type": "agent.changed"})
    frames = [await page.receive() for _ in range(3)]
    assert {"t": "call", "id": missed[1].pk, "value": {"callStatus": 5}} in frames


async def test_a_fresh_page_hears_the_present_state_of_a_live_call_only(page: Page, agent: Agent, token: str) -> None:
    call = await Call.objects.acreate(application=agent.application, agent=agent, called="123")
    for seq, status in ((1, 1), (2, 2)):
        event = await CallEvent.objects.acreate(call=call, seq=seq, name="x", data={"callStatus": status})
    _, ready = await page.sign_in(token)
    assert ready["since"] == event.pk
    assert await page.receive() == {"t": "call", "id": event.pk, "value": {"callStatus": 2}}
    assert await page.receive() == {"t": "reattached", "value": {"callStatus": 2}}


async def test_a_page_is_told_in_time_that_its_credential_ends(page: Page, agent: Agent) -> None:
    short = await sync_to_async(credentials.issue)(agent, 60)
    joined, _ = await page.sign_in(short)
    assert await page.socket.receive_nothing()  # half of its time is left for it, not more
    await page.layer.send(joined.channel, {"type": "credential.ends"})
    notice = await page.receive()
    assert notice["t"] == "token"
    assert 55 <= notice["seconds"] <= 60


async def test_a_refused_command_says_why_in_the_pages_language(page: Page, agent: Agent, token: str) -> None:
    joined, _ = await page.sign_in(token, options={"lang": "es"})
    await page.layer.send(
        joined.channel, {"type": "command.done", "command": "7", "ok": False, "reason": "call_in_progress"}
    )
    result = await page.receive()
    assert (result["t"], result["id"], result["ok"], result["code"]) == ("result", "7", False, 100202)
    assert result["message"] != "You are already in a call. Hang up first, then dial again."


@pytest.mark.parametrize("text", ["no json", "[1]", '{"t":"dial"}'])
async def test_a_frame_that_makes_no_sense_is_answered_and_the_socket_lives(
    page: Page, agent: Agent, token: str, text: str
) -> None:
    await page.sign_in(token)
    await page.socket.send_to(text_data=text)
    assert (await page.receive())["code"] == 100216
    await page.send(t="ping", id="p")
    assert (await page.receive())["t"] == "pong"


async def test_a_flood_is_cut_off(page: Page) -> None:
    flood = 600
    for _ in range(flood):
        await page.send(t="ping")
    heard = [await page.socket.receive_output(timeout=20)]
    while heard[-1]["type"] == "websocket.send":
        heard.append(await page.socket.receive_output(timeout=20))
    assert heard[-1]["code"] == TOO_MUCH
    assert FRAMES_AT_ONCE <= len(heard) - 1 < flood


async def test_binary_is_refused(page: Page) -> None:
    await page.socket.send_to(bytes_data=b"\x00")
    assert await page.close_code() == TOO_MUCH


def _change_mode(agent: Agent, **fields: Any) -> None:
    mode = agent.application.default_mode
    for name, value in fields.items():
        setattr(mode, name, value)
    mode.save()


async def _tell_of_change(page: Page, agent: Agent) -> None:
    """What ``widget.open_widgets`` does once the admin's transaction is committed."""
    await page.layer.group_send(agent_group(agent.pk), {"type": "settings.changed"})


async def test_a_mode_that_is_changed_is_followed_without_a_reload(page: Page, agent: Agent, token: str) -> None:
    await page.sign_in(token)
    await sync_to_async(_change_mode)(agent, dial_pad=False, theme="dark")
    await _tell_of_change(page, agent)
    options = await page.receive()
    assert (options["t"], options["options"]["theme"]) == ("options", "dark")
    assert "cc-number" not in await page.html()


async def test_an_own_wording_is_shown_without_a_reload(page: Page, agent: Agent, token: str) -> None:
    await page.sign_in(token, options={"lang": "es"})
    spanish = await Language.objects.aget(code="es")
    await TextOverride.objects.acreate(language=spanish, source="Offline", text="<b>Ausente</b>")
    await _tell_of_change(page, agent)
    assert (await page.receive())["t"] == "options"
    assert "&lt;b&gt;Ausente&lt;/b&gt;" in await page.html()
    await TextOverride.objects.all().adelete()
    await sync_to_async(renew_texts)()


async def test_a_mode_that_is_changed_during_a_call_holds_after_it(page: Page, agent: Agent, token: str) -> None:
    await page.sign_in(token)
    call = await Call.objects.acreate(application=agent.application, agent=agent, called="1", state="calling")
    await sync_to_async(_change_mode)(agent, workbench=False)
    await _tell_of_change(page, agent)
    assert 'data-action="hang_up"' in await page.html()
    await Call.objects.filter(pk=call.pk).aupdate(
        state="ended", ended_at=timezone.now(), termination="cancelled", ended_by="agent"
    )
    await page.layer.group_send(agent_group(agent.pk), {"type": "agent.changed"})
    options = await page.receive()
    assert (options["t"], options["options"]["workbench"]) == ("options", False)
    assert 'data-stage="none"' in await page.html()


async def test_a_socket_that_breaks_still_says_goodbye(agent: Agent, token: str) -> None:
    page = Page()  # not the fixture's, whose socket must end well
    await page.socket.connect()
    joined, _ = await page.sign_in(token)
    with patch.object(snapshots, "agent_view", side_effect=OperationalError("down")):
        await page.layer.send(joined.channel, {"type": "agent.changed"})
        left = await page.heard()
    assert isinstance(left, messages.PageLeft)
    assert not left.signed_out
    with pytest.raises(OperationalError):
        await page.socket.wait()
