"""Conversions, their deliveries (the outbox) with every attempt, and the outcomes that CRMs report."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint, and_, case, literal
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.contracts.conversions import UNVERIFIABLE
from hub.model.columns import (
    Row,
    Work,
    ending_column,
    id_column,
    json_column,
    json_list,
    money_column,
    personal_json,
    personal_text,
    time_column,
    work_index,
)
from hub.model.states import AttemptResult, DeliveryState

UPLOAD = "upload_conversions"
LOG = "log_calls"
"""`Delivery.hook` of a conversion, and of an entry of the call log."""
TAKEN_BACK = "taken_back"
"""The code of a conversion that was taken back before a network without retractions got it."""
BEFORE_CUT_OVER = "before_cut_over"
"""The code of a conversion that the service before this hub has sent."""


class ConversionRow(Row, table=True):
    """The result of a call, text, form or outcome, by one rule of config.yaml. `key` is its id at every network."""

    __tablename__ = "conversion"
    __table_args__ = (Index("ix_conversion_company", "company_id", "made_at"),)

    id: str = id_column()
    key: str = Field(unique=True, max_length=64)
    company_id: str = Field(foreign_key="company.id")
    subject_id: str = Field(index=True, max_length=36)
    """The call, text or form that it came from."""
    person_id: str | None = Field(default=None, max_length=36)
    outcome_id: str | None = Field(default=None, index=True, max_length=36)
    rule: str
    occurred_at: datetime = time_column()
    amount: Decimal | None = money_column()
    currency: str | None = Field(default=None, max_length=3)
    retracted: bool = False
    revision: int = 1
    made_at: datetime = time_column(index=True)


class Delivery(Work, table=True):
    """The outbox: one item for one connector, written in the transaction that decides it.

    States: `DeliveryState` (hub.model.states); each has a reason if it is not a plain success.
    """

    __table_args__ = (
        UniqueConstraint("connector", "dedup_key"),
        work_index("delivery", "connector", "hook"),
        Index("ix_delivery_company", "company_id", "made_at"),
        Index("ix_delivery_counted", "company_id", "hook", "state", "made_at", "code"),
        Index("ix_delivery_of_state", "state", "made_at", "company_id", "hook", "code", "set_aside_at"),
    )

    id: str = id_column()
    connector: str = Field(max_length=64)
    hook: str = Field(max_length=32)
    """`upload_conversions` or `log_calls`: what the connector is asked to do."""
    dedup_key: str = Field(max_length=100)
    item_key: str = Field(index=True, max_length=64)
    """The key that the provider sees: the conversion's key, or the call's id."""
    kind: str = Field(default="new", max_length=8)
    conversion_id: str | None = Field(default=None, foreign_key="conversion.id", index=True)
    subject_id: str = Field(index=True, max_length=36)
    company_id: str | None = Field(default=None, foreign_key="company.id")
    """The company of the call, text or form; None only on old rows whose call, text or form was gone."""
    amount: Decimal | None = money_column()
    currency: str | None = Field(default=None, max_length=3)
    destination: dict[str, Any] = json_column()
    decision_id: str | None = Field(default=None, max_length=36)
    reason: str | None = None
    code: str | None = None
    reference: str | None = None
    made_at: datetime = time_column()
    first_tried_at: datetime | None = time_column(nullable=True)
    accepted_at: datetime | None = time_column(nullable=True)
    finished_at: datetime | None = time_column(nullable=True)
    set_aside_at: datetime | None = time_column(nullable=True)
    """When a person decided that nothing more is to be done about it; it may still be tried again."""

    @property
    def shown_state(self) -> str:
        """The state as people see it."""
        return shown_state(self.state, self.code)


def shown_state(state: str, code: str | None) -> str:
    """A delivery's state as people see it: what a network took and confirms never is UNVERIFIABLE, not delivered."""
    return UNVERIFIABLE if state == DeliveryState.DELIVERED and code == UNVERIFIABLE else state


def is_shown_as(state: str) -> Any:
    """The condition of a query for deliveries that people see in a state."""
    code: Any = Delivery.code
    found: Any = Delivery.state
    if state == UNVERIFIABLE:
        return and_(found == DeliveryState.DELIVERED, code == UNVERIFIABLE)
    other = code.is_distinct_from(UNVERIFIABLE)
    return and_(found == state, other) if state == DeliveryState.DELIVERED else found == state


def shown_states() -> Any:
    """The state that people see, as a column of a query for deliveries."""
    return case((is_shown_as(UNVERIFIABLE), literal(UNVERIFIABLE)), else_=Delivery.state)


class Attempt(Row, table=True):
    """One try of one delivery, committed before anything is sent."""

    id: str = id_column()
    delivery_id: str = Field(foreign_key="delivery.id", index=True)
    number: int
    started_at: datetime = time_column()
    result: str = Field(default=AttemptResult.UNKNOWN, max_length=16)
    """An `AttemptResult`, or the `DeliveryState` that the delivery got by it."""
    code: str | None = None
    reason: str | None = None

    @property
    def shown_result(self) -> str:
        """The result as people see it."""
        return shown_state(self.result, self.code)


class OutcomeRow(Row, table=True):
    """The current state of one deal in one CRM, and the call, text or form that it came from, if one was found."""

    __tablename__ = "outcome"
    __table_args__ = (
        UniqueConstraint("connector", "external_id"),
        Index("ix_outcome_changed", "connector", "changed_at"),
    )

    id: str = id_column()
    connector: str = Field(max_length=64)
    external_id: str = Field(max_length=64)
    stage: str
    amount: Decimal | None = money_column()
    currency: str | None = Field(default=None, max_length=3)
    occurred_at: datetime = time_column()
    changed_at: datetime = time_column()
    subject_id: str | None = Field(default=None, index=True, max_length=36)
    trace: list[str] = json_list()
    contact: dict[str, Any] = personal_json("user.contact.phone_number")
    """The person's contact details from the CRM, for a deal that is known before its call, text or form."""
    email: str | None = personal_text("user.contact.email")
    """The contact's email address, in lower case."""
    expires_at: datetime | None = ending_column()


def conversion_key(rule: str, subject_id: str) -> str:
    """The conversion's id at every network: stable, short (24 hex digits), and without information about the person."""
    return "rf-" + hashlib.sha256(f"{rule}\n{subject_id}".encode()).hexdigest()[:24]
