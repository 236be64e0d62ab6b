"""The schema that every database begins with: one file of SQL, for both databases, that models do not change by themselves.

Before the first release `make migration` writes the file again when a model changes. `RELEASED` freezes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from hub.model import every_table

if TYPE_CHECKING:
    from sqlalchemy import Dialect, MetaData

FILE = Path(__file__).parent / "baseline.sql"
NUMBER = "0100"
"""Lower numbers belonged to migrations that were never released."""
RELEASED: str | None = None
"""The baseline's revision in the first release; None before it."""
HEAD = "-- The schema of the first revision. `make migration` writes this file until the first release; it is frozen then.\n"
ON_SQLITE = (
    ("TIMESTAMP WITH TIME ZONE", "DATETIME"),
    ("JSONB", "JSON"),
    ("BYTEA", "BLOB"),
    ("SERIAL", "INTEGER"),
    ("DEFAULT false", "DEFAULT 0"),
    ("DEFAULT true", "DEFAULT 1"),
)
"""What PostgreSQL's statements say otherwise on SQLite. `/* sqlite: … */` is read by SQLite alone."""
ONLY_SQLITE = re.compile(r"/\* sqlite: (.+?) \*/")


@cache
def baseline_revision() -> str:
    """The baseline's revision: its number, and a digest of the file, so that a database that another state of an unreleased
    schema made is recognized."""
    return f"{NUMBER}.{sha256(FILE.read_bytes()).hexdigest()[:8]}"


def statements(dialect: str) -> list[str]:
    """The statements of the file for `sqlite` or `postgresql`."""
    sql = FILE.read_text(encoding="utf-8").removeprefix(HEAD)
    if dialect == "sqlite":
        for there, here in ON_SQLITE:
            sql = re.sub(rf"\b{there}\b", here, sql)
        sql = ONLY_SQLITE.sub(r"\1", sql)
    return [each.strip() for each in sql.split(";\n") if each.strip() and not each.startswith("/*")]


def declared() -> str:
    """What the file would be if it were written from the tables now."""
    return HEAD + "".join(f"{each};\n" for each in _statements(every_table(), _dialect()))


def is_stale() -> bool:
    """Whether the file is not released yet and differs from the tables."""
    return RELEASED is None and FILE.read_text(encoding="utf-8") != declared()


def _dialect() -> Dialect:
    """PostgreSQL's, but it quotes the words that SQLite reserves too."""
    kinds: list[Any] = [make_url(f"{name}://").get_dialect() for name in ("postgresql+psycopg", "sqlite")]
    dialect, other = (kind(paramstyle="named") for kind in kinds)  # so that % is not doubled
    reserved = dialect.identifier_preparer.reserved_words | other.identifier_preparer.reserved_words
    dialect.identifier_preparer.reserved_words = reserved
    return cast("Dialect", dialect)


def _statements(tables: MetaData, dialect: Dialect) -> Iterator[str]:
    for table in tables.sorted_tables:
        created = str(CreateTable(table).compile(dialect=dialect)).strip()
        if not table.dialect_options["sqlite"]["with_rowid"]:
            created += " /* sqlite: WITHOUT ROWID */"
        yield re.sub(r"[ \t]+$", "", created, flags=re.MULTILINE).replace("\t", "    ")
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            written = str(CreateIndex(index).compile(dialect=dialect)).strip()
            yield f"/* sqlite: {written} */" if index.info.get("only") == "sqlite" else written
