"""A phone server that tests script by hand: real documents and scripts, a made-up socket, a browser as the far end.

``https://phone.test`` is answered by Django's own views and static files, ``https://crm.test`` is a customer's page;
no byte leaves the browser process. The socket is Playwright's, so each test decides what the server says and when.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client
from playwright.async_api import Browser, BrowserContext, Frame, Page, Route, WebSocketRoute, async_playwright

from widget.scripts import FRAME_FILES

PHONE = "https://phone.test"
CRM = "https://crm.test"
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # The helper page's candidates must be addresses, for the frame drops .local names.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)

PARTS = tuple(f"/cc/{name}" for name in FRAME_FILES)
PUBLIC_ID = "AAAAAAAAA1"
UNKNOWN_ID = "BBBBBBBBB2"
TOKEN = f"Bearer {PUBLIC_ID}:demo_001:00000000-0000-4000-8000-000000000001"

HOST_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>CRM</title>%(head)s
<script nonce="n1" src="https://phone.test/sip-sdk.js"></script></head>
<body>%(body)s<script nonce="n1">
window.seen = [];
for (const name of ["onSeatStatus", "onCall", "onWebrtcStatus", "onHttp", "onQuality"])
  document.addEventListener(name, (e) => window.seen.push([name, e.detail[0]]));
window.settled = (promise) => promise.then((value) => ({ value }),
  ({ code, reason, message }) => ({ code, reason, message }));
addEventListener("unhandledrejection", (e) => window.seen.push(["unhandled", String(e.reason)]));
</script></body></html>"""

FAR_END = """async (offer) => {
  const peer = new RTCPeerConnection();
  (window.peers ??= []).push(peer);
  await navigator.mediaDevices.getUserMedia({ audio: true });
  await peer.setRemoteDescription({ type: "offer", sdp: offer });
  const tone = new AudioContext().createMediaStreamDestination();
  peer.addTrack(tone.stream.getAudioTracks()[0], tone.stream);
  await peer.setLocalDescription();
  if (peer.iceGatheringState !== "complete")
    await new Promise((resolve) => peer.addEventListener("icegatheringstatechange",
      () => peer.iceGatheringState === "complete" && resolve()));
  return peer.localDescription.sdp;
}"""


@dataclass
class ScriptedSocket:
    """The server's end of one socket: ``received`` holds the frame's messages in order."""

    route: WebSocketRoute
    received: list[dict[str, Any]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, text: str | bytes) -> None:
        self.received.append(json.loads(text))
        self.arrived.set()

    def say(self, t: str, **fields: Any) -> None:
        self.route.send(json.dumps({"t": t, **fields}))

    def show(self, html: str) -> None:
        self.route.send(html)

    def of(self, t: str) -> list[dict[str, Any]]:
        return [message for message in self.received if message["t"] == t]

    def accept(
        self, *, since: int = 0, workbench: bool = True, lang: str = "en", dir: str = "ltr", **fields: Any
    ) -> None:
        """Sign the agent in."""
        options: dict[str, Any] = {
            "workbench": workbench,
            "remark": True,
            "information": True,
            "lang": lang,
            "dir": dir,
        }
        options |= {"theme": "auto", "accent": "", "opensForCalls": True}
        agent = {"account": "demo_001", "name": "Ann Example"}
        now = datetime.now(UTC).isoformat()
        self.say("ready", agent=agent, options=options, since=since, now=now, **fields)

    def call_event(self, number: int, status: int) -> None:
        self.say("call", id=number, value={"callStatus": status, "calledNumber": "+12025550100"})

    async def expect(self, t: str, count: int = 1) -> dict[str, Any]:
        """Wait for the ``count``-th message of that kind."""
        async with asyncio.timeout(10):
            while len(self.of(t)) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.of(t)[count - 1]


@dataclass
class ScriptedSite:
    """A browser with both origins; ``sockets`` holds every socket that the frame opened."""

    context: BrowserContext
    far_end: Page
    documents: Mapping[str, HttpResponse]
    sockets: list[ScriptedSocket] = field(default_factory=list)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    console: list[str] = field(default_factory=list)
    answers_offers: bool = True
    confirms_legs: bool = True
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(
        self, *, head: str = "", body: str = "<cc-sdk></cc-sdk>", headers: Mapping[str, str] | None = None
    ) -> Page:
        """Open the customer's page."""
        self.pages["/"] = (HOST_PAGE % {"head": head, "body": body}, dict(headers or {}))
        page = await self.context.new_page()
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))
        await page.goto(f"{CRM}/")
        return page

    async def signed_in(self, *, options: str = "", html: str = "") -> tuple[Page, ScriptedSocket, Frame]:
        """Open the page, register, accept, and wait until the audio is up; ``html`` is the first screen."""
        page = await self.open()
        await page.evaluate(f"window.registered = settled(ccSdk.register({{ token: '{TOKEN}', {options} }})); 0")
        socket = await self.socket()
        await socket.expect("auth")
        socket.accept()
        if html:
            socket.show(html)
        assert "value" in await page.evaluate("window.registered")
        return page, socket, page.frames[-1]

    async def socket(self, number: int = 1) -> ScriptedSocket:
        """Wait for the frame's ``number``-th socket."""
        async with asyncio.timeout(10):
            while len(self.sockets) < number:
                self.opened.clear()
                await self.opened.wait()
        return self.sockets[number - 1]

    async def serve(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if f"{url.scheme}://{url.netloc}" == CRM:
            body, headers = self.pages.get(url.path, ("", {}))
            await route.fulfill(body=body, headers={"Content-Type": "text/html; charset=utf-8", **headers})
        elif url.path.startswith("/static/"):
            found = finders.find(url.path.removeprefix("/static/"))
            await route.fulfill(path=found) if isinstance(found, str) else await route.fulfill(status=404)
        else:
            query = "" if url.path in PARTS else url.query
            response = self.documents[f"{url.path}?{query}".removesuffix("?")]
            headers = dict(response.headers.items())
            await route.fulfill(status=response.status_code, body=response.content, headers=headers)

    def accept(self, route: WebSocketRoute) -> None:
        socket = ScriptedSocket(route)
        route.on_message(lambda text: self.hear(socket, text))
        self.sockets.append(socket)
        self.opened.set()

    def hear(self, socket: ScriptedSocket, text: str | bytes) -> None:
        socket.take(text)
        message = socket.received[-1]
        if message["t"] == "ping":
            socket.say("pong", id=message["id"])
        elif message["t"] == "offer" and self.answers_offers:
            task = asyncio.ensure_future(self.answer(socket, message))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def answer(self, socket: ScriptedSocket, message: dict[str, Any]) -> None:
        sdp = await self.far_end.evaluate(FAR_END, message["sdp"])
        socket.say("answer", id=message["id"], sdp=sdp)
        if self.confirms_legs:
            socket.say("leg", state="connected", reason="")


async def holds(place: Page | Frame, expression: str) -> None:
    """Wait for it, asked from outside: a strict policy takes no script that waits inside."""
    async with asyncio.timeout(20):
        while not await place.evaluate(expression):  # noqa: ASYNC110  (the browser has no event for it)
            await asyncio.sleep(0.02)


def render_documents(public_id: str) -> dict[str, HttpResponse]:
    """Everything that Django answers, by path: rendered before the loop runs, for the views use the database."""
    queries = ["", *(f"?lang={tag}" for tag in ("en", "es", "ar", "de", "xx"))]
    frames = [f"/cc/frame/{public_id}{query}" for query in queries]
    paths = ["/sip-sdk.js", *PARTS, *frames, f"/cc/frame/{UNKNOWN_ID}"]
    return {path: Client().get(path, headers={"host": urlsplit(PHONE).netloc}) for path in paths}  # type: ignore[misc]  # the client's response is one


@asynccontextmanager
async def scripted_site(
    browser: Browser, documents: Mapping[str, HttpResponse], **options: Any
) -> AsyncIterator[ScriptedSite]:
    """Give a fresh browser context with both origins."""
    context = await browser.new_context(permissions=["microphone"], ignore_https_errors=True, **options)
    far_end = await context.new_page()
    site = ScriptedSite(context, far_end, documents)
    context.set_default_timeout(10_000)
    await context.route("**/*", site.serve)
    await context.route_web_socket("**/cc/ws", site.accept)
    await far_end.goto(f"{CRM}/far-end")
    yield site
    for task in list(site.tasks):
        task.cancel()
    await context.close()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()
