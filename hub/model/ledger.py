"""The consent ledger: every consent and refusal of a person; the journal proves that no entry was changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, expiry_column, id_column, json_list, personal_bytes, time_column


class ConsentEntry(Row, table=True):
    """One record of the ledger, in the shape of ISO/IEC TS 27560:2023. Rows are only added; the database refuses other
    changes.

    It holds no personal content: people, visits, calls and texts are named by id, and free text is encrypted in
    `ConsentDetail`. So an erasure leaves the journal complete.
    """

    __tablename__ = "consent_record"
    __table_args__ = (Index("ix_consent_record_company", "company_id", "id"),)

    id: str = id_column()
    company_id: str | None = Field(default=None, foreign_key="company.id")
    """None if the record does not concern a company: users of an account on its mail, owners on their data at a provider."""
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True)
    """The account of the user, in a record on its mail."""
    person_id: str | None = Field(default=None, index=True, max_length=36)
    """None if the record comes from a browser whose person is unknown. Not a foreign key, because the record stays when
    the person is deleted. For a user of an account, the beginning of a keyed hash of their address."""
    visit_id: str | None = Field(default=None, index=True, max_length=36)
    role: str = Field(default="controller", max_length=16)
    """The company's legal role for this data."""
    state: str = Field(max_length=16)
    """`given`, `refused`, `withdrawn`, `objected` or `expired`."""
    use: str
    """The purpose; it includes all uses below it. `connector/NAME` for an owner (hub.privacy.owner_consent)."""
    categories: list[str] = json_list()
    """The data categories, or the provider's scopes, that it is limited to; empty: all."""
    recipients: list[str] = json_list()
    """The legal names of the recipients that it is limited to; empty: all."""
    jurisdictions: list[str] = json_list()
    basis: str = Field(default="consent", max_length=32)
    """The lawful basis: `consent`, `legitimate_interests`, `opt_out`, `objection` …"""
    channel: str = Field(max_length=32)
    language: str | None = Field(default=None, max_length=16)
    notice_hash: str | None = Field(default=None, max_length=64)
    """SHA-256 of the exact notice (`ConsentNotice`) that the person saw or heard."""
    evidence: str | None = Field(default=None, max_length=200)
    """Where the proof is: the id of a text, call, form or visit, or `sha256:…` of what was sent."""
    detail_hash: str | None = Field(default=None, max_length=64)
    """SHA-256 of the encrypted bytes of `ConsentDetail`."""
    scope: str = Field(default="person", max_length=16)
    """`person`: all data of the person at the company; `browser`: the visits of one browser; `call`: the call that is the
    evidence."""
    stated_at: datetime = time_column()
    lapses_at: datetime | None = time_column(nullable=True, index=True)
    recorded_at: datetime = time_column()
    supersedes: str | None = Field(default=None, index=True, max_length=36)
    """The person's record on the same use before this one."""


class ConsentDetail(Row, table=True):
    """The free text of a record, encrypted with the person's key; it is deleted with the key, or when it expires."""

    __tablename__ = "consent_detail"

    id: str = id_column()
    """The record's."""
    sealed: bytes | None = personal_bytes("user.privacy_preferences")
    expires_at: datetime = expiry_column()


class ConsentNotice(Row, table=True):
    """The exact text of a notice; its SHA-256 is the key."""

    __tablename__ = "consent_notice"

    hash: str = Field(primary_key=True, max_length=64)
    language: str = Field(max_length=16)
    text: str
    kept_at: datetime = time_column()
