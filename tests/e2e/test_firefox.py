"""An agent's tasks in Firefox: sign in, dial, talk, hold, mute, keys, devices, remark, break, another language.

Playwright drives only a Firefox of its own build; puppeteer speaks WebDriver BiDi with Debian's.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.server import PROJECT, RunningSystem

pytestmark = pytest.mark.e2e
SCRIPT = Path(__file__).with_name("firefox.cjs")
NODE, MODULES = PROJECT / ".venv/bin/node", PROJECT / ".venv/biome/node_modules"
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox") or "/usr/bin/firefox-esr"


@pytest.mark.timeout(240)
async def test_an_agents_tasks(system: RunningSystem, account: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        NODE,
        SCRIPT,
        FIREFOX,
        system.customer_url,
        account,
        env=os.environ | {"NODE_PATH": str(MODULES), "HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, fault = await process.communicate()
    assert process.returncode == 0, f"{out.decode()}\n{fault.decode()}"
    assert json.loads(out) == [
        "talked",
        "held",
        "muted",
        "sent 5",
        "may choose devices",
        "wrapped up",
        "took a break",
        "spoke Spanish",
    ]
    record = system.query("SELECT remark, termination FROM ccsdk_call WHERE remark != '' ORDER BY started_at DESC")[0]
    assert record == {"remark": "Spoke with Firefox.", "termination": "agent_hung_up"}
