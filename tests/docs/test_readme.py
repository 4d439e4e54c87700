"""What the README says is true: commands, settings, files, numbers, and the three edits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccsite.demo import values
from widget import conf
from widget.simulator.numbers import ANY_OTHER, SCRIPTED

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
ELEMENT = (PROJECT / "static" / "widget" / "sip-sdk.js").read_text(encoding="utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text below a heading, up to the next heading of the same or a higher level."""
    found = re.search(rf"^(#+) {re.escape(title)}$", README, re.MULTILINE)
    assert found, f"the README has no section {title!r}"
    rest = README[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> Iterator[list[str]]:
    """The cells of the table's body rows."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and not set(line) <= set("|- "):
            yield cells


def code(cell: str) -> str:
    return cell.strip("`")


def test_every_setting_is_listed_with_its_default() -> None:
    listed = {code(row[0]): code(row[1]) for row in rows(section("Settings: the dict `CCSDK`")) if row[0] != "key"}
    assert listed == {key: repr(default).replace("'", '"') for key, default in conf.DEFAULTS.items()}


def test_every_environment_variable_is_listed() -> None:
    sources = [PROJECT / "ccsite" / name for name in ("settings.py", "secret_keys.py")]
    names = {name for path in sources for name in re.findall(r'"((?:DJANGO|CCSITE|CCSDK)_\w+)"', path.read_text())}
    listed = {code(row[0]) for row in rows(section("Environment of the reference site")) if row[0] != "variable"}
    assert listed == names


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)\b", README)) - {"it"}))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


def test_the_two_commands_come_first() -> None:
    blocks = re.findall(r"```\n(.*?)```", README, re.DOTALL)
    assert re.findall(r"^make (\w+)", blocks[1], re.MULTILINE) == ["demo", "test"]


def test_ci_runs_the_readmes_own_test_command() -> None:
    assert "make test" in (PROJECT / ".ci" / "run").read_text()


def test_every_management_command_exists() -> None:
    from django.core.management import get_commands

    assert set(re.findall(r"python manage\.py (\w+)", README)) <= set(get_commands())


def test_every_link_and_folder_exists() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    folders = [part for row in rows(section("Map of the code")) for part in re.findall(r"`([\w./-]+/)`", row[0])]
    assert linked
    assert folders
    assert not [name for name in (*linked, *folders) if not (PROJECT / name).exists()]


def test_every_package_of_the_app_is_on_the_map() -> None:
    mapped = section("Map of the code")
    packages = {path.parent.name for path in (PROJECT / "widget").glob("*/__init__.py")}
    unlisted = {"admin", "management", "migrations", "models", "templatetags"}  # the row of widget/ stands for them
    assert not [name for name in packages - unlisted if f"`widget/{name}/`" not in mapped]


def test_the_simulators_numbers_are_listed_as_they_are() -> None:
    listed = {row[0]: row[1] for row in rows(section("Connect a trunk")) if row[0] != "number"}
    told = {scenario.number: scenario.summary for scenario in SCRIPTED}
    assert listed == {**told, "any other": ANY_OTHER.summary}


@pytest.mark.parametrize("value", ["demoKey1", "demoSecret1", "demo_001", "demo_004"])
def test_the_demos_values_are_told(value: str) -> None:
    assert value in README
    assert value in (values.API_KEY, values.API_SECRET, *values.agents())


@pytest.mark.parametrize("option", ["token", "noWorkMode", "isRemark", "isInformation", "lang"])
def test_every_option_is_one_of_the_element(option: str) -> None:
    assert f"| `{option}` |" in section("`window.ccSdk.register(options)`")
    assert f"{option}:" in ELEMENT


@pytest.mark.parametrize("method", ["callPhone", "hangupCall", "reConnectWebrtc"])
def test_every_method_is_one_of_the_element(method: str) -> None:
    assert f"| `{method}(" in section("Methods of the element")
    assert re.search(rf'^    {method}\(|METHODS =\s+"[^"]*\b{method}\b', ELEMENT, re.MULTILINE)


def test_the_three_edits_are_those_of_the_reference_site() -> None:
    edits = section("Include the app in a Django project")
    assert 'path("", include("widget.urls"))' in edits
    assert '"environment": "widget.jinja.environment"' in edits
    for app in ("daphne", "channels", "django_htmx", "widget"):
        assert f'"{app}"' in edits
