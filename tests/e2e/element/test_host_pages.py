"""Pages that embed the widget: the guide's React, Vue and template examples as they stand, and hosts with htmx.

All of them run under a strict Content-Security-Policy with Trusted Types.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from playwright.async_api import Page

from tests.e2e.element.scripted_site import CRM, PHONE, TOKEN, ScriptedSite, ScriptedSocket, holds

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/embedding.md").read_text(encoding="utf-8")
NODE, MODULES = ROOT / ".venv/bin/node", ROOT / ".venv/biome/node_modules"
SCRIPT = {"Content-Type": "text/javascript"}
POLICY = (
    "default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; frame-src https://phone.test; connect-src 'self'; "
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types %s"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>CRM</title>
<script nonce="n1" src="https://phone.test/sip-sdk.js"></script></head><body><div id="root"></div>
<script nonce="n1">window.heard = []; window.token = "%s";</script>
<script nonce="n1" src="/app.js"></script></body></html>"""
REACT_PAGE = """
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Softphone } from "./Softphone.jsx";
const report = (call) => heard.push(call.callStatus);
function Page() {
  const [isShown, setShown] = useState(true);
  window.show = setShown;
  return isShown ? <Softphone token={token} onCall={report} /> : null;
}
createRoot(document.getElementById("root")).render(<StrictMode><Page /></StrictMode>);
"""
VUE_PAGE = """
import { createApp, h, ref } from "vue";
import Softphone from "./Softphone.js";
const isShown = ref(true);
window.show = (value) => { isShown.value = value; };
const render = () => (isShown.value ? h(Softphone, { token, onCall: (call) => heard.push(call.callStatus) }) : null);
createApp({ render }).mount("#root");
"""
HTMX_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>CRM</title>
<meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false}'>
<script nonce="n1">trustedTypes.createPolicy("default", { createHTML: (text) => text });</script>
<script nonce="n1" src="https://phone.test/sip-sdk.js"></script><script nonce="n1" src="/htmx.js"></script></head><body>
<button id="count" hx-get="/fragment" hx-target="#place">Count</button>
<button id="away" hx-get="/fragment" hx-target="#phone">Away</button>
<button id="back" hx-get="/phone" hx-target="#phone">Back</button>
<div id="place"></div><div id="phone"><cc-sdk></cc-sdk></div>
<script nonce="n1">window.done = ccSdk.register({ token: "%s" });</script></body></html>"""


def example(heading: str, language: str) -> str:
    """The code below a heading of the guide."""
    found = re.search(rf"^## {heading}\n.*?```{language}\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def built(folder: Path, main: str) -> str:
    """The page's script as a project's build makes it: development mode, in which React renders everything twice."""
    (folder / "main.jsx").write_text(main)
    command: list[str | Path] = [
        MODULES / ".bin/esbuild",
        "main.jsx",
        "--bundle",
        "--jsx=automatic",
        "--log-level=error",
    ]
    mode = '--define:process.env.NODE_ENV="development"'
    return _output(folder, *command, mode, "--define:__VUE_OPTIONS_API__=true", "--define:__VUE_PROD_DEVTOOLS__=false")


def _output(folder: Path, *command: str | Path, text: str = "") -> str:
    environment = os.environ | {"NODE_PATH": str(MODULES), "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=folder, input=text, capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def htmx(version: str) -> str:
    found = finders.find(f"django_htmx/htmx-{version}.min.js")
    assert isinstance(found, str)
    return Path(found).read_text(encoding="utf-8")


async def opened(site: ScriptedSite, html: str, *, policies: str = "'none'") -> Page:
    site.pages["/"] = (html, {"Content-Security-Policy": POLICY % policies})
    page = await site.context.new_page()
    page.on("console", lambda message: site.console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: site.console.append(f"pageerror: {error}"))
    await page.goto(f"{CRM}/")
    return page


async def accepted(site: ScriptedSite, number: int = 1) -> ScriptedSocket:
    """The frame's next socket, signed in."""
    socket = await site.socket(number)
    await socket.expect("auth")
    socket.accept()
    await socket.expect("offer")
    return socket


async def goes_and_comes_back(site: ScriptedSite, page: Page) -> None:
    """The framework takes the element away and shows it anew; the phone is there again and hears of calls."""
    socket = await accepted(site)
    socket.call_event(1, 1)
    await holds(page, "heard.includes(1)")
    await page.evaluate("show(false)")
    await page.wait_for_selector("cc-sdk", state="detached")
    await page.evaluate("show(true)")
    again = await accepted(site, 2)
    assert again.of("auth")[0]["since"] == 1
    again.call_event(2, 4)
    await holds(page, "heard.includes(4)")
    assert await page.evaluate("heard") == [1, 4]
    assert [line for line in site.console if line.startswith(("error", "pageerror"))] == []


async def test_react_in_strict_mode(site: ScriptedSite, tmp_path: Path) -> None:
    (tmp_path / "Softphone.jsx").write_text(example("React", "jsx"))
    site.pages["/app.js"] = (built(tmp_path, REACT_PAGE), SCRIPT)
    await goes_and_comes_back(site, await opened(site, PAGE % TOKEN))


async def test_vue(site: ScriptedSite, tmp_path: Path) -> None:
    compiler = Path(__file__).with_name("vue_component.cjs")
    component = _output(tmp_path, NODE, compiler, text=example("Vue", "vue"))
    (tmp_path / "Softphone.js").write_text(component)
    site.pages["/app.js"] = (built(tmp_path, VUE_PAGE), SCRIPT)
    await goes_and_comes_back(site, await opened(site, PAGE % TOKEN, policies="vue"))


@pytest.mark.parametrize("engine", ["django", "jinja2"])
async def test_the_template_tag(site: ScriptedSite, engine: str) -> None:
    source = example("Django", "django") if engine == "django" else re.findall(r"{{ cc_sdk\(.*?}}", GUIDE)[0]
    source = source.replace(
        'lang="es"', f'lang="es" origin="{PHONE}"' if engine == "django" else f'lang="es", origin="{PHONE}", nonce="n1"'
    )
    html = engines[engine].from_string(source).render({"token": TOKEN, "request": {"csp_nonce": "n1"}})
    await opened(site, f"<!doctype html><title>CRM</title>{html}")
    socket = await site.socket()
    assert (await socket.expect("auth"))["options"]["lang"] == "es"
    assert [line for line in site.console if line.startswith(("error", "pageerror"))] == []


@pytest.mark.parametrize("version", ["2", "4"])
async def test_a_host_with_its_own_htmx(site: ScriptedSite, version: str) -> None:
    site.pages |= {"/htmx.js": (htmx(version), SCRIPT)}
    site.pages |= {"/fragment": ("<p>there</p>", {}), "/phone": ("<cc-sdk></cc-sdk>", {})}
    # htmx parses what it fetches, so a host with Trusted Types gives it a policy of its own.
    page = await opened(site, HTMX_PAGE % TOKEN, policies="default")
    await accepted(site)
    await page.evaluate("done")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    await page.click("#count")
    await page.wait_for_selector("#place p")
    assert requests == [f"{CRM}/fragment"]
    await page.click("#away")
    await page.wait_for_selector("cc-sdk", state="detached")
    await page.click("#back")
    await accepted(site, 2)
    assert [line for line in site.console if line.startswith(("error", "pageerror"))] == []
