"""The wheel in an empty Django project, with the three edits that the README shows."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS

# The first test in turn also builds the wheel and makes the project.
pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
KEY = "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="
LOOK_AROUND = """
import django
django.setup()
import widget
from django.core.management import call_command
from django.test import Client
from widget.models import Application, Language, Mode

assert str(PROJECT) not in widget.__file__ or "site" in widget.__file__, widget.__file__
call_command("check", fail_level="WARNING")
call_command("migrate", verbosity=0)
language = Language.objects.get_or_create(code="en", defaults={"native_name": "English", "is_default": True})[0]
mode = Mode.objects.create(name="Everything")
application = Application.objects.create(name="CRM", default_language=language, default_mode=mode)
script = Client().get("/sip-sdk.js")
assert script.status_code == 200 and b"cc-sdk" in script.content, script
frame = Client().get(f"/cc/frame/{application.public_id}?lang=en")
assert frame.status_code == 200 and b"cc-stage" in frame.content, frame
refused = Client().post("/v3/cc/seat/createSdkAuthentication", {}, content_type="application/json")
assert refused.json()["status"] == "-1", refused.content
print("the widget runs")
"""


# What tests need and no project: everything stays on this machine, on whatever port is free.
LOOPBACK = """
CCSDK |= {"SIP_HOST": "127.0.0.1", "SIP_PORT": 0, "MEDIA_ADDRESSES": ["127.0.0.1"], "ALLOW_LOOPBACK_MEDIA": True}
"""
ROWS = """
import sys
import django
django.setup()
from widget import credentials
from widget.models import Agent, AgentGroup, Application, Language, Mode, Trunk, TrunkRoute

_, origin, port = sys.argv
language = Language.objects.get_or_create(code="en", defaults={"native_name": "English", "is_default": True})[0]
application = Application.objects.create(
    name="Shop", default_language=language, default_mode=Mode.objects.create(name="All"), allowed_origins=[origin]
)
group = AgentGroup.objects.create(application=application, name="Sales")
trunk = Trunk.objects.create(application=application, name="Simulated", host="127.0.0.1", port=int(port))
TrunkRoute.objects.create(group=group, trunk=trunk)
agent = Agent.objects.create(application=application, group=group, account="ann", name="Ann")
print(credentials.issue(agent, 600))
"""
PAGE = "<!doctype html><title>Shop</title><script src='/sip-sdk.js'></script><cc-sdk></cc-sdk>"
CALL = """async (token) => {
  const sdk = document.querySelector("cc-sdk");
  const seen = [];
  sdk.addEventListener("onCall", (event) => {
    seen.push(event.detail.callStatus);
    if (event.detail.callStatus === 3) sdk.hangupCall();
  });
  await ccSdk.register({ token });
  const over = new Promise((done) => sdk.addEventListener("onCall", (e) => e.detail.callStatus > 3 && done()));
  await sdk.callPhone({ phone: "12025550100" });
  await over;
  return seen;
}"""


@dataclass(frozen=True, slots=True)
class EmptyProject:
    """Its folder, and the environment in which it finds itself and the unpacked wheel."""

    folder: Path
    environment: dict[str, str]

    @contextmanager
    def started(self, *command: str, keep: int | None = None) -> Iterator[subprocess.Popen[str]]:
        """Run Python with these arguments until the end of the block; ``keep``: a descriptor that it inherits."""
        with subprocess.Popen(
            [sys.executable, *command],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=() if keep is None else (keep,),
        ) as process:
            yield process
            process.terminate()
            process.communicate(timeout=60)


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A TCP socket on a free loopback port, for a server to take over."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def line_with(process: subprocess.Popen[str], pattern: str) -> str:
    """Wait for the line; return its first group, or all that matched."""
    lines = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        if found := re.search(pattern, line):
            return found[1] if found.groups() else found[0]
    raise AssertionError("".join(lines))


async def call_from_chromium(origin: str, token: str) -> list[int]:
    """The statuses of one call that a page of the project's own origin makes."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = await browser.new_page()
        await page.route(f"{origin}/shop", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto(f"{origin}/shop")
        seen: list[int] = await asyncio.wait_for(page.evaluate(CALL, token), 60)
        await browser.close()
    return seen


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the project's own build backend."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out), cwd=ROOT)
    return next(out.glob("*.whl"))


def readme_block(containing: str) -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    return next(block for block in blocks if containing in block)


def test_the_wheel_carries_what_the_app_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for tree, inside in (("templates/widget", "widget/jinja2/widget"), ("static/widget", "widget/static/widget")):
        files = [path for path in (ROOT / tree).rglob("*") if path.is_file()]
        assert files
        assert {f"{inside}/{path.relative_to(ROOT / tree)}" for path in files} <= names
    assert any(re.fullmatch(r"widget/locale/es/LC_MESSAGES/.+\.mo", name) for name in names)
    assert "widget/migrations/0001_initial.py" in names
    assert not [name for name in names if name.startswith(("ccsite", "tests", "bench"))]


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> EmptyProject:
    """A fresh Django project with the README's three edits, which finds the app in the unpacked wheel alone."""
    folder = tmp_path_factory.mktemp("project")
    site, project = folder / "site", folder / "empty"
    zipfile.ZipFile(wheel).extractall(site)
    project.mkdir()
    run(sys.executable, "-m", "django", "startproject", "project", str(project), cwd=project)
    _edit_settings(project / "project" / "settings.py")
    (project / "project" / "asgi.py").write_text(
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")\n' + readme_block("widget_app")
    )
    urls = readme_block("urlpatterns").replace("...", 'path("admin/", admin.site.urls)')
    (project / "project" / "urls.py").write_text(
        f"from django.contrib import admin\nfrom django.urls import include, path\n{urls}"
    )
    environment = {
        "PYTHONPATH": os.pathsep.join((str(site), str(project))),
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "CCSDK_SECRET_KEY": KEY,
    }
    run(sys.executable, "manage.py", "migrate", "--verbosity", "0", cwd=project, **environment)
    return EmptyProject(project, environment)


def test_an_empty_project_includes_the_app_with_the_readmes_edits(project: EmptyProject) -> None:
    (project.folder / "look.py").write_text(f"PROJECT = {str(ROOT)!r}\n" + textwrap.dedent(LOOK_AROUND))
    said = run(sys.executable, "look.py", cwd=project.folder, **project.environment)
    assert said.endswith("the widget runs\n")


async def test_the_empty_project_makes_a_call(project: EmptyProject) -> None:
    """Served by Daphne as the README says, with its simulated carrier as trunk, called from real Chromium."""
    with listening() as server, project.started("manage.py", "simulate_carrier", "--port", "0") as carrier:
        carrier_port = await asyncio.to_thread(line_with, carrier, r"sip:127\.0\.0\.1:(\d+)")
        origin = f"http://localhost:{server.getsockname()[1]}"
        (project.folder / "rows.py").write_text(ROWS)
        token = await asyncio.to_thread(
            run, sys.executable, "rows.py", origin, carrier_port, cwd=project.folder, **project.environment
        )
        serve = ("-m", "daphne", "--fd", str(server.fileno()), "project.asgi:application")
        with project.started(*serve, keep=server.fileno()) as daphne:
            await asyncio.to_thread(line_with, daphne, r"Listening on")
            assert await call_from_chromium(origin, token.splitlines()[-1]) == [1, 2, 3, 4]


def _edit_settings(settings: Path) -> None:
    """Put the README's lines in, each where the project has its own of that name."""
    text = settings.read_text(encoding="utf-8")
    own_apps = re.search(r"INSTALLED_APPS = \[(.*?)\]", text, re.DOTALL)
    own_engine = re.search(r"TEMPLATES = \[(.*?)\n\]", text, re.DOTALL)
    assert own_apps is not None
    assert own_engine is not None
    edits = readme_block("INSTALLED_APPS").replace('"daphne", ...,', f'"daphne", {own_apps[1].strip().rstrip(",")},')
    edits = edits.replace("...,", own_engine[1].strip().rstrip(",") + ",")
    settings.write_text(
        f"{text}\nimport os\nALLOWED_HOSTS = ['testserver', 'localhost']\n{edits}{LOOPBACK}", encoding="utf-8"
    )
