"""The spam score of each call, and the callers whom users block or allow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, expiry_column, id_column, personal_bytes, personal_list, personal_text, time_column

BLOCK, ALLOW = "block", "allow"
BY_SCORE = "score"
"""`SpamMark.marked_by` of a call that its score marked, not a user."""


class SpamScore(Row, table=True):
    """The score of one call. A call that was screened before it rang has it before its own row comes from the inbox, so the
    carrier's id links the two; the worker completes it when the call has ended."""

    __tablename__ = "spam_score"

    connector: str = Field(primary_key=True, max_length=64)
    carrier_call_id: str = Field(primary_key=True, max_length=64)
    company_id: str = Field(foreign_key="company.id", index=True)
    score: int
    """0 to 100."""
    reasons: list[dict[str, Any]] = personal_list("user.telephony.call_metadata")
    """The rules that held: each its `code`, `points` and `text`."""
    action: str = Field(default="none", max_length=16)
    """What was done before it rang: a `SpamAction`."""
    decided_at: datetime = time_column()
    overruled_at: datetime | None = time_column(nullable=True)
    """When a user said that it is not spam, for good."""
    overruled_by: str | None = Field(default=None, max_length=36)
    expires_at: datetime = expiry_column()


class CallerRule(Row, table=True):
    """A number, or the beginning of numbers, that users block, allow or put on a list of their own, for one company, or for all
    of the account."""

    __tablename__ = "caller_rule"
    __table_args__ = (Index("ix_caller_rule_pattern", "pattern", "account_id"),)

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    company_id: str | None = Field(default=None, foreign_key="company.id", index=True)
    """None: all companies of the account."""
    kind: str = Field(max_length=32)
    """`BLOCK`, `ALLOW`, or the name of a list that call flows name as `caller_list`."""
    pattern: str = personal_text("user.contact.phone_number", max_length=16, nullable=False)
    """A number in E.164, or its beginning."""
    is_prefix: bool = False
    sealed_note: bytes | None = personal_bytes("user.content.private")
    """A user's note, encrypted (`hub.store.encryption.encrypted_fields.seal_rule_note`)."""
    by_verdict: bool = False
    """Whether it follows from a user's word that a call was no spam, and ends with that word."""
    made_at: datetime = time_column()
    made_by: str = Field(max_length=36)
    expires_at: datetime = expiry_column()
