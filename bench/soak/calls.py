"""Agents that sign in and call, all at the same time, and how their calls end."""

import asyncio
from dataclasses import dataclass

from bench.bridge.browser import Browser
from bench.bridge.calls import Call, Exchange
from bench.soak.carrier import Carried, Carrier, number_of
from bench.soak.page import Page
from bench.soak.server import Server

#: A browser's audio that the server hears nothing of for 8 s is gone.
_CHECK_SECONDS = 2.0
_END_SECONDS = 30.0


@dataclass(slots=True)
class Agent:
    """One agent in one call; ``id`` is the call's, as the page was told."""

    page: Page
    call: Call
    id: str
    carried: Carried


class Agents:
    """``exchange`` has their browsers and the carriers of their calls."""

    def __init__(self, server: Server, carrier: Carrier, exchange: Exchange) -> None:
        self._server = server
        self._carrier = carrier
        self._exchange = exchange
        self._browsers: list[Browser] = []
        self._accounts = iter(server.customer.agents)
        self.present: list[Agent] = []
        self._checking = asyncio.create_task(self._keep_checking())

    async def close(self) -> None:
        self._checking.cancel()
        await asyncio.gather(self._checking, return_exceptions=True)

    async def _keep_checking(self) -> None:
        """As browsers do (RFC 7675): it keeps those alive who have nobody to speak with yet."""
        while True:
            for browser in self._browsers:
                browser.check()
            await asyncio.sleep(_CHECK_SECONDS)

    async def add(self) -> Agent:
        """Sign one more agent in, connect the audio, call, and wait until both sides hear each other."""
        token = await self._server.customer.credential(next(self._accounts))
        page = await Page.open(self._server.url, token)
        browser = self._exchange.enter()
        answer = await page.ask("offer", sdp=browser.offer())
        await self._exchange.reach(browser, answer["sdp"])
        self._browsers.append(browser)
        await page.until("leg", state="connected")
        dialled = await page.ask("dial", phone=number_of(browser.number))
        carried = await self._reached(number_of(browser.number))
        agent = Agent(page, await self._exchange.join(browser, carried.remote), dialled["callId"], carried)
        self.present.append(agent)
        return agent

    async def _reached(self, number: str) -> Carried:
        async with asyncio.timeout(_END_SECONDS):
            return await self._carrier.invited(number)

    async def end_all(self) -> None:
        """Half of the calls are hung up by the agents, half by the carrier; then everybody signs out."""
        await asyncio.gather(*(self._end(agent) for agent in self.present))
        await asyncio.gather(*(agent.page.sign_out() for agent in self.present))
        self._browsers.clear()

    async def _end(self, agent: Agent) -> None:
        if is_ended_by_agent(agent):
            await agent.page.ask("hang_up")
        else:
            self._carrier.hang_up(agent.carried)
        await asyncio.wait_for(agent.carried.ended.wait(), _END_SECONDS)
        # After-call work: the record is final.
        await agent.page.until("status", value=4)


def is_ended_by_agent(agent: Agent) -> bool:
    return agent.call.browser.number % 2 == 0
