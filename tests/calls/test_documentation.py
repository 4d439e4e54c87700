"""The documentation's table of the call machine is the one that the code draws."""

from pathlib import Path
from typing import get_args

from widget.calls.events import Event
from widget.calls.table import draw, examples

ARCHITECTURE = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_the_table_in_the_architecture_is_the_machines_own() -> None:
    written = ARCHITECTURE.read_text(encoding="utf-8").partition("<!-- table: calls -->\n")[2].partition("<!-- end")[0]
    assert written == draw(), "run `python -m widget.calls.table` and paste its output"


def test_the_table_leaves_no_event_out() -> None:
    assert {type(event) for event in examples()} == set(get_args(Event))
