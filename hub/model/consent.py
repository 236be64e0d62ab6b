"""The decisions made from people's consent records, and what was disclosed to whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field

from hub.model.columns import Row, expiry_column, id_column, json_list, time_column


class ConsentDecision(Row, table=True):
    """One decision on one question: the strictest of all opinions, each with its rule and evidence."""

    __tablename__ = "consent_decision"

    id: str = id_column()
    subject_id: str = Field(index=True, max_length=36)
    """The call, text or conversion that the data belongs to."""
    connector: str = Field(max_length=64)
    """The recipient."""
    moment: str = Field(max_length=8)
    """`decide`: when the effect was made; `send`: when it was sent; `call`: before a call back; `answer`: before a recording;
    `hear`: before a transcription."""
    use: str
    categories: list[str] = json_list()
    verdict: str = Field(max_length=8)
    rule_id: str
    reason: str
    opinions: list[dict[str, Any]] = json_list()
    decided_at: datetime = time_column()
    expires_at: datetime = expiry_column()


class Disclosure(Row, table=True):
    """Who received which data categories of which person, when, for which use, and by which decision."""

    id: str = id_column()
    person_id: str | None = Field(default=None, index=True, max_length=36)
    subject_id: str = Field(index=True, max_length=36)
    """The call, text or form; or the person's privacy request for which a provider was asked."""
    connector: str = Field(max_length=64)
    recipient: str
    use: str
    categories: list[str] = json_list()
    decision_id: str = Field(max_length=36)
    """The consent decision; or the request itself, which the company must carry out by law."""
    delivery_id: str | None = Field(default=None, index=True, max_length=36)
    disclosed_at: datetime = time_column()
    expires_at: datetime = expiry_column()
