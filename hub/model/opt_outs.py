"""Opt-outs that need no proof: for a phone number or a browser, identified only by keyed hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, time_column
from hub.model.states import OptOutState

OptOutScope = Literal["sharing", "sensitive"]
"""`sharing`: no sale, sharing or advertising (Cal. Civ. Code 1798.120). `sensitive`: the content of calls, texts and forms is
used only for the service (1798.121)."""


class OptOut(Row, table=True):
    """One opt-out, in force until it is questioned with a reason or the person revokes it with proof. It is never deleted.

    The same number from the same network is one row, with the time of the last one; so a questioned opt-out cannot be
    renewed by sending it again.
    """

    __tablename__ = "opt_out"
    __table_args__ = (UniqueConstraint("company_id", "fingerprint", "scope", "network"),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    subject: str = Field(max_length=8)
    """`number` or `browser`."""
    fingerprint: str = Field(index=True, max_length=64)
    """A keyed hash of the number, or a hash of the visitor's random id."""
    scope: str = Field(max_length=16)
    network: str = Field(max_length=64)
    """A keyed hash of the /24 or /56 that it came from; all unknown networks share one."""
    at: datetime = time_column()
    state: str = Field(default=OptOutState.IN_FORCE, max_length=16)
    reason: str | None = None
    questioned_by: str | None = None
    questioned_at: datetime | None = time_column(nullable=True)
