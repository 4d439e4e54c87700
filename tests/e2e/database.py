"""The server's database, read behind its back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Database:
    """The SQLite file of a running system."""

    file: Path

    def query(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=20)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    def call_record(self, call_id: str) -> dict[str, Any]:
        """The row of a call."""
        return self.query("SELECT * FROM ccsdk_call WHERE id = ?", call_id)[0]
