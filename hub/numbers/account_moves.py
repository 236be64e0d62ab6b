"""What follows a company to another account of the hub, and what ends, when config.yaml names it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, update
from sqlmodel import Session, col, select

from hub.model import (
    Account,
    Alert,
    AlertDelivery,
    Company,
    FlowDraft,
    NumberPurchase,
    PortOrderRow,
    ReportLink,
    StoredSecret,
    Tracker,
    every_table,
)
from hub.store import audit
from hub.store.journal import move_evidence

ACTION = "company.transfer"
"""The action of the audit entry, which both accounts have."""
FOLLOWS = (
    "call_test",
    "caller_rule",
    "cost",
    "number_finding",
    "tag_definition",
    "webhook_endpoint",
    "webhook_event",
)
"""Tables with an account and a company: the company's rows get the new account."""
ENDS = ("alert", "alert_preference", "alert_rule", "report_subscription", "saved_view")
"""Tables of the old account's users: their rows about the company are deleted. Its report links are revoked."""


def move_company(
    session: Session, company: Company, to: Account, own_connectors: Sequence[str], now: datetime, actor: str
) -> None:
    """Move a company with all its rows to an account, within `session`, which commits with the config.yaml that says so. The
    secrets that users entered for connectors of this company alone move too."""
    session.flush()
    old = session.get_one(Account, company.account_id)
    detail = f"{company.name}: from {old.name} to {to.name}"
    audit.note(session, now, actor, ACTION, company.id, detail)
    company.account_id = to.id
    session.add(company)
    session.flush()  # this locks the company's row, so what others write about it comes before or after
    move_evidence(session, company.id, old.id, to.id, now)
    for table, condition in _following(company.id, own_connectors).items():
        session.execute(
            update(table).where(condition).values(account_id=to.id).execution_options(synchronize_session=False)
        )
    _end_settings(session, company.id, now)
    audit.note(session, now, actor, ACTION, company.id, detail)


def _following(company_id: str, own_connectors: Sequence[str]) -> Mapping[Any, ColumnElement[bool]]:
    tables = every_table().tables
    found: dict[object, ColumnElement[bool]] = {
        tables[name]: tables[name].c.company_id == company_id for name in FOLLOWS
    }
    trackers = select(Tracker.id).where(Tracker.company_id == company_id)
    found[NumberPurchase] = col(NumberPurchase.tracker_id).in_(trackers)
    found[PortOrderRow] = col(PortOrderRow.tracker_id).in_(trackers)
    if own_connectors:
        found[StoredSecret] = or_(
            *(col(StoredSecret.name).startswith(f"{each}.", autoescape=True) for each in own_connectors)
        )
    return found


def _end_settings(session: Session, company_id: str, now: datetime) -> None:
    """End the settings and alerts of the old account's users about the company."""
    alerts = select(Alert.id).where(Alert.company_id == company_id)
    session.execute(delete(AlertDelivery).where(col(AlertDelivery.alert_id).in_(alerts)))
    for name in ENDS:
        table = every_table().tables[name]
        session.execute(delete(table).where(table.c.company_id == company_id))
    session.execute(delete(FlowDraft).where(col(FlowDraft.company_id) == company_id))
    live = (col(ReportLink.company_id) == company_id, col(ReportLink.revoked_at).is_(None))
    session.execute(update(ReportLink).where(*live).values(revoked_at=now))
