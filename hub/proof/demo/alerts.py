"""What the demo's owner hears of: what a day brings, in the list at `/alerts` alone, so that nothing leaves the machine."""

from __future__ import annotations

from sqlmodel import select

from hub.access.first_owner import NAME
from hub.alerts.settings import AlertSettings, WantedKind, save_settings
from hub.model import Company, User
from hub.runtime import Hub

KINDS = ("missed_call", "voicemail", "text", "lead", "connector_failing", "nothing_delivered", "pool_overflow")


def choose_alerts(hub: Hub) -> None:
    """Let the demo's owner hear of these kinds at each company of the account."""
    with hub.store.writing() as session:
        user = session.exec(select(User).where(User.name == NAME)).one()
        for company in session.exec(select(Company).where(Company.account_id == user.account_id)).all():
            wanted = AlertSettings({kind: WantedKind() for kind in KINDS}, time_zone=company.time_zone)
            save_settings(session, user, company, wanted, hub.clock())
