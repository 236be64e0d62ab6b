"""What the hub notes about its own health: jobs and threads, figures, kinds of errors, and test calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, UTCTime, id_column, json_list, time_column


class HealthReport(Row, table=True):
    """The newest report of a periodic job, of a worker thread, or of a figure; any worker's success counts."""

    __tablename__ = "health_report"

    kind: str = Field(primary_key=True, max_length=8)
    """`job`, `thread` or `figure`."""
    name: str = Field(primary_key=True, max_length=64)
    every: float | None = Field(default=None, sa_type=Float, nullable=True)
    """The interval of a job, or how long a thread may take for one turn; seconds."""
    at: datetime | None = time_column(nullable=True)
    """The last success of a job, or the last turn of a thread; None if there was none."""
    failures: int = 0
    """How often a job, or a thread's turn, failed since its last success."""
    error: str | None = Field(default=None, max_length=64)
    """The class of its last error, if it fails now."""
    value: float | None = Field(default=None, sa_type=Float, nullable=True)
    """A figure's value."""
    written_at: datetime = time_column()


class ErrorHour(Row, table=True):
    """How often one kind of error happened in one hour (hub.platform.error_counts). It names no person."""

    __tablename__ = "error_hour"

    event: str = Field(primary_key=True, max_length=100)
    connector: str = Field(primary_key=True, max_length=64)
    """Empty for none."""
    code: str = Field(primary_key=True, max_length=64)
    hour: datetime = Field(primary_key=True, sa_type=UTCTime())
    count: int = 0
    first_at: datetime = time_column()
    last_at: datetime = time_column()


class CallTest(Row, table=True):
    """One test call: a carrier's stand-in played it to the hub, and no phone rang.

    Its events are folded into this row instead of a call, so no report, list or recipient ever counts it.
    """

    __tablename__ = "call_test"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    company_id: str = Field(foreign_key="company.id", index=True)
    connector: str = Field(max_length=64)
    carrier_call_id: str = Field(default="", index=True, max_length=64)
    tracking_number: str = Field(max_length=16)
    flow: str = Field(max_length=64)
    version: int
    """The flow's."""
    made_by: str = Field(max_length=36)
    made_at: datetime = time_column(index=True)
    answer_seconds: float | None = Field(default=None, sa_type=Float, nullable=True)
    """From the ringing webhook to the carrier's document."""
    heard: list[str] = json_list()
    """What the caller would have heard, in order."""
    steps: list[str] = json_list()
    problem: str | None = None
    """Why it was not answered as its flow says."""
    folded_at: datetime | None = time_column(nullable=True)
    """When the worker had read its first event."""
