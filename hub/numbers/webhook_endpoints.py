"""Writes the endpoints of `webhooks:` to their table, where the code that notes events finds them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, select

from hub.config.models import CompanySection
from hub.model import Company, WebhookEndpoint


def write_endpoints(session: Session, sections: Mapping[str, CompanySection], now: datetime) -> None:
    """Make the endpoints match config.yaml, by company id. One that it no longer names is retired: its events keep their
    history, and its secret is there again if it comes back."""
    known = {(row.company_id, row.name): row for row in session.exec(select(WebhookEndpoint))}
    if not known and not any(section.webhooks for section in sections.values()):
        return
    for company_id, section in sections.items():
        for each in section.webhooks:
            row = known.pop((company_id, each.name), None)
            company = session.get_one(Company, company_id)
            if row is None:
                row = WebhookEndpoint(account_id=company.account_id, company_id=company_id, name=each.name, made_at=now)
            row.account_id, row.retired_at = company.account_id, None
            row.events = [event.value for event in each.events] if each.enabled else []
            session.add(row)
    for row in known.values():
        if row.retired_at is None:
            row.retired_at, row.events = now, []
            session.add(row)
    session.flush()
