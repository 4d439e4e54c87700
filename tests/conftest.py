"""What holds for every test: which may run at the same time, and what none leaves to the next.

``make test`` runs two: those with a browser are heard and looked at, so they run one after another, and everything else
beside them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from widget import texts


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(autouse=True)
def shipped_texts_again() -> Iterator[None]:
    """An admin's wording is the process's, and does not go with the row."""
    yield
    texts.use({})
