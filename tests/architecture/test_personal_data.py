"""No column with personal data without a category, and no personal column without a life."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Date, Float, Integer, LargeBinary, Numeric, text
from sqlmodel import SQLModel, select

import hub.store.schema  # noqa: F401 - every table is known once the schema is
from hub.config.retention import RetentionSection, kinds
from hub.model.columns import UTCTime
from hub.privacy.retention_rules import RETENTION_RULES, RetentionRule
from hub.store import Store

IMPERSONAL = Path(__file__).with_name("impersonal.tsv")
COUNTS = (Boolean, Date, Float, Integer, Numeric, UTCTime)
STAFF = {"policy_acceptance.accepted_by", "app_user.first_name", "app_user.last_name"}
"""Columns that name people who work with the hub, whom the audit trail must be able to name."""
OWN_LIVES = {"person_key": "a key has no life of its own: it is destroyed with its person"}


def tables() -> dict[str, list[Column[Any]]]:
    return {name: list(table.columns) for name, table in SQLModel.metadata.tables.items()}


def told_impersonal() -> set[str]:
    lines = [line for line in IMPERSONAL.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {
        f"{table}.{column}"
        for table, _, columns in (line.partition("\t") for line in lines)
        for column in columns.split()
    }


def unsettled() -> set[str]:
    """Columns that could hold words of or about a person, and have no category."""
    return {
        f"{table}.{column.name}"
        for table, columns in tables().items()
        for column in columns
        if "category" not in column.info
        and not isinstance(column.type, COUNTS)
        and not (column.primary_key or column.foreign_keys or column.name.endswith("_id"))
    }


def test_a_column_that_could_hold_words_has_a_category_or_is_known_to_hold_nobodys() -> None:
    new = unsettled() - told_impersonal()
    assert not new, f"make {sorted(new)} personal_text(…) with a category, or add what is nobody's to {IMPERSONAL.name}"


def test_the_list_of_nobodys_columns_names_no_column_that_is_gone_or_has_a_category() -> None:
    assert told_impersonal() - unsettled() == set()


def test_every_personal_column_has_a_life() -> None:
    living = {(life.table.__tablename__, name) for life in RETENTION_RULES for name in life.categories()}
    personal = {
        (table, column.name) for table, columns in tables().items() for column in columns if "category" in column.info
    }
    assert not personal - living, "declare their life in hub/privacy/retention_rules.py"


def test_a_callers_name_is_sealed_in_its_column() -> None:
    clear = {
        f"{table}.{column.name}"
        for table, columns in tables().items()
        for column in columns
        if column.info.get("category") == "user.name" and not isinstance(column.type, LargeBinary)
    }
    assert clear == STAFF, "seal it under the person's key (hub.store.encryption.encrypted_fields)"


def test_every_row_that_ends_has_a_life() -> None:
    ending = {table for table, columns in tables().items() if any(column.name == "expires_at" for column in columns)}
    assert not ending - {life.table.__tablename__ for life in RETENTION_RULES}, (
        "declare their life in hub/privacy/retention_rules.py"
    )


@pytest.mark.parametrize("life", RETENTION_RULES, ids=lambda life: life.name)
def test_a_sweep_reads_an_index_and_not_the_whole_table(life: RetentionRule, sqlite_url: str) -> None:
    opened, table = Store(sqlite_url), str(life.table.__tablename__)
    over = select(life.table).where(life.over(RetentionSection(), datetime(2026, 1, 1, tzinfo=UTC))).limit(500)
    with opened.reading() as session:
        plan = session.connection().execute(text(f"EXPLAIN QUERY PLAN {_spelled(over, opened)}")).all()
    opened.close()
    steps = [str(step[-1]) for step in plan]
    assert any(step.startswith(f"SEARCH {table} USING") for step in steps), steps
    assert not any(step.startswith(f"SCAN {table}") and "INDEX" not in step for step in steps), steps


def _spelled(statement: Any, store: Store) -> str:
    compiled = statement.compile(store.engine, compile_kwargs={"render_postcompile": True})
    values = {name: repr(str(value)) for name, value in compiled.params.items()}
    words = str(compiled)
    for name in compiled.positiontup or ():
        words = words.replace("?", values[name], 1)
    return words


def test_every_life_is_of_a_kind_that_config_yaml_knows() -> None:
    assert {life.kind for life in RETENTION_RULES} == set(kinds())
