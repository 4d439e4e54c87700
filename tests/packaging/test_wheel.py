"""The wheel in an empty Django project, with the three edits that the README shows."""

import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

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


def test_an_empty_project_includes_the_app_with_the_readmes_edits(wheel: Path, tmp_path: Path) -> None:
    site, project = tmp_path / "site", tmp_path / "empty"
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
    (project / "look.py").write_text(f"PROJECT = {str(ROOT)!r}\n" + textwrap.dedent(LOOK_AROUND))
    said = run(
        sys.executable,
        "look.py",
        cwd=project,
        PYTHONPATH=os.pathsep.join((str(site), str(project))),
        DJANGO_SETTINGS_MODULE="project.settings",
        CCSDK_SECRET_KEY=KEY,
    )
    assert said.endswith("the widget runs\n")


def _edit_settings(settings: Path) -> None:
    """Put the README's lines in, each where the project has its own of that name."""
    text = settings.read_text(encoding="utf-8")
    own_apps = re.search(r"INSTALLED_APPS = \[(.*?)\]", text, re.DOTALL)
    own_engine = re.search(r"TEMPLATES = \[(.*?)\n\]", text, re.DOTALL)
    assert own_apps is not None
    assert own_engine is not None
    edits = readme_block("INSTALLED_APPS").replace('"daphne", ...,', f'"daphne", {own_apps[1].strip().rstrip(",")},')
    edits = edits.replace("...,", own_engine[1].strip().rstrip(",") + ",")
    settings.write_text(f"{text}\nimport os\nALLOWED_HOSTS = ['testserver']\n{edits}", encoding="utf-8")
