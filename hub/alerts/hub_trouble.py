"""Alerts about the hub itself, which concern all its companies: each user hears of one trouble once."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import func, select

from hub.model import AlertRule
from hub.runtime import Hub
from hub.store.writers.alert_events import Happening, note_happenings

KIND = "hub_trouble"


def note_trouble(hub: Hub, trouble: str, since: datetime) -> None:
    """Write a trouble that began at `since`, named in `hub.alerts.wording.TROUBLES`. The same one again changes nothing.

    It is written for the first company for which a user wants to hear of it, so that a user of many companies hears of it
    once.
    """
    first = select(func.min(AlertRule.company_id)).where(AlertRule.kind == KIND).group_by(AlertRule.user_id)
    with hub.store.writing() as session:
        found = [
            Happening(
                company_id=company_id,
                kind=KIND,
                dedup_key=f"{KIND}/{trouble}/{since:%Y-%m-%dT%H:%M:%S}",
                at=since,
                facts={"trouble": trouble},
            )
            for company_id in set(session.exec(first))
        ]
        note_happenings(session, found, hub.clock())
