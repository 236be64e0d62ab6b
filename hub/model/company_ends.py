"""Companies that leave the hub: what was chosen, what was done, and the certificate."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, json_column, json_list, time_column

CHANNEL = "company_end"
"""The channel of the erasures with which the hub erases the people of a company that ends."""


class CompanyEndState(StrEnum):
    """A company that leaves the hub."""

    REQUESTED = "requested"
    """Planned; nothing is changed until somebody confirms it by the company's name: running, or cancelled."""
    RUNNING = "running"
    """Its steps are done one after the other, by the command or by a worker: done."""
    DONE = "done"
    """Final: everything is given back and erased, and there is a certificate."""
    CANCELLED = "cancelled"
    """Final: it was called off before anything was changed."""


class CompanyEnd(Row, table=True):
    """One end of a company. It holds nothing personal: numbers of the company, connectors, counts."""

    __tablename__ = "company_end"

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    state: str = Field(default=CompanyEndState.REQUESTED, index=True, max_length=16)
    hand_over: list[str] = json_list()
    """Tracking numbers that are not given back: the company takes them to another carrier."""
    keep_at: list[str] = json_list()
    """Connectors that are not asked to erase anybody, such as the company's own CRM."""
    requested_by: str
    requested_at: datetime = time_column()
    confirmed_by: str | None = None
    confirmed_at: datetime | None = time_column(nullable=True)
    finished_at: datetime | None = time_column(nullable=True)
    exported: dict[str, Any] = json_column()
    """The last export: when, by whom, how many files, and the SHA-256 of its manifest."""
    outcome: dict[str, Any] = json_column()
    """What was done up to now; `trouble` is why it does not go on."""
    certificate: dict[str, Any] = json_column()
