"""The rows of duties.yaml: what the law asks beyond single decisions, for the list of rules."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from plugins.consent.jurisdictions.rows import Row, read_table


class DutyRule(Row):
    """One row of the table; the head of duties.yaml says what each field means."""

    topic: Literal["requests", "texts", "signals", "tracking", "retention"]
    says: str = Field(min_length=10)
    since: date | None = None


class DutyTable(BaseModel):
    """The whole table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[DutyRule, ...]


@cache
def duty_table() -> DutyTable:
    """The table in this folder."""
    return DutyTable.model_validate(read_table("duties.yaml"))
