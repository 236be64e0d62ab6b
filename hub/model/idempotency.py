"""Requests of programs that were answered, so that one that is sent twice is done once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field

import hub.model.accounts
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import Row, json_column, time_column


class IdempotentRequest(Row, table=True):
    """A request with an `Idempotency-Key`, for 24 hours. Of the answer it keeps the status and ids, never what was sent or
    read: a repetition is answered with the resource as it is by then, so nothing here outlives an erasure."""

    __tablename__ = "idempotent_request"

    api_key_id: str = Field(primary_key=True, foreign_key="api_key.id", max_length=16)
    key_sha256: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", index=True)
    request_signature: str = Field(max_length=64)
    """Of method, path and body, by the hub's key."""
    status: int | None = None
    """The answer's status; None while the request is handled."""
    answer: dict[str, Any] = json_column()
    """The ids from which the answer is made again."""
    made_at: datetime = time_column()
    ends_at: datetime = time_column(index=True)
