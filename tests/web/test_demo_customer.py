"""The demo customer's back end: its signature, its policy, and what it says when the call centre refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient, Client
from pytest_django import Settings

from ccsite.demo.customer import settings as customer_settings
from ccsite.demo.customer.call_centre import CallCentre
from ccsite.demo.customer.views import content_security_policy


@pytest.fixture(autouse=True)
def customer_site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = customer_settings.ROOT_URLCONF
    settings.TEMPLATES = customer_settings.TEMPLATES
    settings.MIDDLEWARE = []
    monkeypatch.setenv("CUSTOMER_SDK_URL", "http://localhost:8000")
    monkeypatch.setenv("CUSTOMER_API_KEY", "demoKey1")
    monkeypatch.setenv("CUSTOMER_API_SECRET", "demoSecret1")


class AnsweringServer:
    """Answers every request with one body and remembers what it was sent."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.requests: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head + await reader.read(1))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(self.body) + self.body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def call_centre(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AnsweringServer]:
    answering = AnsweringServer(b'{"status":"0","reason":"success","data":{"authentication":"Bearer x"}}')
    server = await asyncio.start_server(answering.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("CUSTOMER_SDK_URL", f"http://127.0.0.1:{port}")
    async with server:
        yield answering


async def ask(body: object, content_type: str = "application/json") -> tuple[int, dict[str, str]]:
    response = await AsyncClient().post("/credential", data=json.dumps(body), content_type=content_type)
    return response.status_code, json.loads(response.content)


def test_the_signature_is_the_published_one() -> None:
    customer = CallCentre(url="", api_key="bDqJFiq9", api_secret="7bz1lzh9")
    assert customer.signed_headers(1630468800)["Sign"] == "05d7a50893e22a5c4bb3216ae3396c7c"


def test_the_page_runs_under_a_policy_without_anything_inline() -> None:
    response = Client().get("/")
    html = response.content.decode()
    assert response["Content-Security-Policy"] == content_security_policy("http://localhost:8000")
    assert "unsafe" not in response["Content-Security-Policy"]
    assert '<script src="http://localhost:8000/sip-sdk.js"></script>' in html
    assert " style=" not in html
    assert " onclick=" not in html


async def test_a_credential_is_fetched_signed(call_centre: AnsweringServer) -> None:
    assert await ask({"account": "demo_001"}) == (200, {"authentication": "Bearer x"})
    head = call_centre.requests[0]
    assert head.startswith(b"POST /v3/cc/seat/createSdkAuthentication HTTP/1.1")
    assert b"Api-Key: demoKey1" in head


async def test_the_playground_asks_for_an_agents_mode_and_gives_one(call_centre: AnsweringServer) -> None:
    call_centre.body = b'{"status":"0","reason":"success","data":{"modes":["Sales"],"mode":""}}'
    for body in ({"account": "demo_001"}, {"account": "demo_001", "mode": "Sales"}):
        response = await AsyncClient().post("/mode", data=json.dumps(body), content_type="application/json")
        assert json.loads(response.content) == {"modes": ["Sales"], "mode": ""}
    assert all(head.startswith(b"POST /demo/mode HTTP/1.1") for head in call_centre.requests)


async def test_a_refusal_is_passed_on_with_its_code(call_centre: AnsweringServer) -> None:
    call_centre.body = b'{"status":"-24","reason":"data does not exist"}'
    assert await ask({"account": "demo_001"}) == (502, {"code": "-24", "message": "data does not exist"})


async def test_an_answer_that_is_no_json_is_a_refusal(call_centre: AnsweringServer) -> None:
    call_centre.body = b"<html>"
    status, problem = await ask({"account": "demo_001"})
    assert (status, problem["code"]) == (502, "")


async def test_a_call_centre_that_is_not_there_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOMER_SDK_URL", "http://127.0.0.1:1")
    status, problem = await ask({"account": "demo_001"})
    assert status == 502
    assert "did not answer" in problem["message"]


@pytest.mark.parametrize("body", [{"account": "demo_999"}, {}, [], "demo_001", None])
async def test_only_the_customers_own_agents(body: object) -> None:
    assert (await ask(body))[0] == 400


async def test_only_json_is_taken() -> None:
    assert (await ask({"account": "demo_001"}, content_type="text/plain"))[0] == 415
