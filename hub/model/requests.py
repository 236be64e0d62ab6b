"""Privacy requests: every step taken, proofs of the requester's identity, legal holds and restrictions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import (
    Row,
    Work,
    ending_column,
    id_column,
    json_column,
    json_list,
    personal_bytes,
    personal_json,
    personal_text,
    time_column,
    work_index,
)
from hub.model.states import RequestState

RequestKind = Literal[
    "access",
    "correction",
    "erasure",
    "objection",
    "restriction",
    "portability",
    "third_party_disclosure",
    "child",
    "opt_in",
]
"""`third_party_disclosure`: what went to third parties for their own marketing (Cal. Civ. Code 1798.83). `child`: the data of
a child under 13 is deleted at a parent's request (COPPA, 16 CFR 312.6). `opt_in`: an objection or opt-out is taken back, in two
steps (11 CCR 7028)."""
REQUEST_KINDS: tuple[RequestKind, ...] = get_args(RequestKind)
EVERYBODY = "*"
"""The person of a hold that covers a whole company."""


class PrivacyRequest(Row, table=True):
    """One request of one person to one company. The person's identity is stored only until the answer; `fingerprint` is a
    keyed hash that recognizes the person again without naming them."""

    __tablename__ = "privacy_request"

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    kind: str = Field(max_length=24)
    state: str = Field(default=RequestState.RECEIVED, index=True, max_length=24)
    channel: str = Field(default="page", max_length=16)
    """How it came: `page`, or what the officer entered: phone, letter, agent …"""
    language: str = Field(default="en", max_length=8)
    """The language of the person's page, in which the hub writes to them."""
    phone_number: str | None = personal_text("user.contact.phone_number", max_length=16)
    email: str | None = personal_text("user.contact.email")
    fingerprint: str = Field(index=True, max_length=64)
    known_as: dict[str, Any] = personal_json("user.contact.phone_number")
    """`phone_numbers` and `emails` with which plugins look the person up, from the run until the end."""
    correction: bytes | None = personal_bytes("user.name")
    """For a correction: the new `name`, `email` or `phone_number`, as JSON, encrypted by hub.store.encryption."""
    evidence: str | None = personal_text("user.content.private")
    """What proves the requester's identity, or that the requester is a parent, in the officer's words."""
    places: list[str] = json_list()
    """Every place whose law may apply, as US-CA or DE."""
    declared: list[str] = json_list()
    """The places among them that the person named."""
    rule: str = Field(default="", max_length=64)
    """The id of the deadline rule that decided."""
    received_at: datetime = time_column(index=True)
    due_at: datetime = time_column(index=True)
    """The legal maximum."""
    promised_at: datetime = time_column()
    """What the product promises (privacy.md, product_sla)."""
    extended_to: datetime | None = time_column(nullable=True)
    verified_at: datetime | None = time_column(nullable=True)
    closed_at: datetime | None = time_column(nullable=True)
    outcome: dict[str, Any] = json_column()
    """What was done, as counts and references; for an erasure, the content of its certificate."""
    certificate: dict[str, Any] = json_column()
    file_path: str | None = Field(default=None, max_length=200)
    """The encrypted answer in the storage of recordings, until `file_ends_at`."""
    file_ends_at: datetime | None = time_column(nullable=True)
    expires_at: datetime | None = ending_column()

    @property
    def deadline(self) -> datetime:
        """The last moment to answer."""
        return self.extended_to or self.due_at


class RequestStep(Row, table=True):
    """One step of a request, by reference. It holds nothing personal. The same step is in the audit trail."""

    __tablename__ = "request_step"

    id: str = id_column()
    request_id: str = Field(foreign_key="privacy_request.id", index=True)
    at: datetime = time_column()
    actor: str
    action: str = Field(max_length=32)
    result: str = ""


class RequestTask(Work, table=True):
    """A remaining task of a request, claimed by a worker and tried again until it is done.

    States: `TaskState`.
    """

    __tablename__ = "request_task"
    __table_args__ = (UniqueConstraint("request_id", "hook", "connector"), work_index("request_task"))

    id: str = id_column()
    request_id: str = Field(foreign_key="privacy_request.id", index=True)
    hook: str = Field(max_length=32)
    """`erase_person`, `correct_person`; or the hub's own `answer`, `send_link` and `send_reminder`."""
    connector: str = Field(default="", max_length=64)
    records: int = 0
    reason: str | None = None
    finished_at: datetime | None = time_column(nullable=True)


class IdentityProof(Row, table=True):
    """A code by text, or a link by email, that proves that the requester has the number or address. Only its hash is kept."""

    __tablename__ = "identity_proof"

    id: str = id_column()
    request_id: str = Field(foreign_key="privacy_request.id", index=True)
    fingerprint: str = Field(index=True, max_length=64)
    """The request's fingerprint, to count how many messages one number gets."""
    channel: str = Field(max_length=8)
    """`text` or `email`."""
    secret_hash: str = Field(max_length=64)
    made_at: datetime = time_column(index=True)
    ends_at: datetime = time_column()
    tries: int = 0
    used_at: datetime | None = time_column(nullable=True)


class LegalHold(Row, table=True):
    """A duty to keep one person's data, or a whole company's, no matter who asks for its erasure."""

    __tablename__ = "legal_hold"

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    fingerprint: str = Field(index=True, max_length=64)
    """A keyed hash that identifies the person; or `EVERYBODY`."""
    reason: str
    """For the officer; it names a case, never a person."""
    set_by: str
    set_at: datetime = time_column()
    lifted_by: str | None = None
    lifted_at: datetime | None = time_column(nullable=True)


class Restriction(Row, table=True):
    """A person whose data is kept and not used. Source: GDPR Art. 18."""

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    person_id: str = Field(index=True, max_length=36)
    request_id: str = Field(max_length=36)
    since: datetime = time_column()
    lifted_at: datetime | None = time_column(nullable=True)
