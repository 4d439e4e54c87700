"""An agent's tasks, each by mouse, by keyboard alone and by the accessibility tree, in Chromium and in Firefox.

The tasks are written once (``tasks/tasks.cjs``). Playwright drives only a Firefox of its own build, so puppeteer does
it: it speaks WebDriver BiDi with Debian's, and in both finds things by role and name in the accessibility tree.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import CHROMIUM
from tests.e2e.server import PROJECT, RunningSystem

pytestmark = pytest.mark.e2e
TASKS = Path(__file__).with_name("tasks")
NODE, MODULES = PROJECT / ".venv/bin/node", PROJECT / ".venv/biome/node_modules"
PROGRAMS = {
    "chrome": CHROMIUM,
    "firefox": shutil.which("firefox-esr") or shutil.which("firefox") or "/usr/bin/firefox-esr",
}
NAMES = re.findall(r'^  async "?([\w ]+)"?\(desk\) {', (TASKS / "tasks.cjs").read_text(encoding="utf-8"), re.MULTILINE)
REMARKS = """SELECT call.remark, call.termination FROM ccsdk_call AS call
    JOIN ccsdk_agent AS agent ON agent.id = call.agent_id WHERE agent.account = ? AND call.remark != ''"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", ["mouse", "keyboard", "accessibility tree"])
@pytest.mark.parametrize("browser", PROGRAMS)
async def test_every_task(browser: str, way: str, system: RunningSystem, account: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        NODE,
        TASKS / "main.cjs",
        browser,
        PROGRAMS[browser],
        way,
        f"{system.customer_url}/playground",
        account,
        env=os.environ | {"NODE_PATH": str(MODULES), "HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, fault = await process.communicate()
    assert process.returncode == 0, f"{out.decode()}\n{fault.decode()}"
    assert json.loads(out) == NAMES
    assert system.query(REMARKS, account) == [{"remark": "Spoke with them.", "termination": "transferred"}]
