"""Which kinds of work are due now: one query for all of them, because an idle worker looks four times a second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import String, exists, literal_column, select, union_all
from sqlmodel import col

from hub.alerts.send import channels_due
from hub.delivery.place_calls import calls_due
from hub.delivery.send_texts import texts_due
from hub.model import Call, FormSubmission, InboxWebhook, LeadChange, SyncSlot, TextMedia, TextMessage
from hub.model.journal import JournalWaiting
from hub.store.claims import any_due, due_groups
from hub.store.engine import Store
from hub.webhooks_out.send import endpoints_due

SUBJECTS = (Call, TextMessage, FormSubmission)
JOURNAL, INBOX, LEADS = "journal", "inbox", "leads"
SYNCS, TEXTS, CALLS, ALERTS, PICTURES, WEBHOOKS = "", "texts/", "calls/", "alerts/", "texts/pictures", "webhooks/"
"""Kinds of outgoing work; each but pictures has one piece of work for each connector, channel or endpoint, which is named
so."""


class DueWork:
    """Looks for work of several kinds; each kind has a query that gives the names of what is due."""

    def __init__(self, kinds: Mapping[str, Any]) -> None:
        found = ((kind, names.subquery()) for kind, names in kinds.items())
        self._query = union_all(*(select(names.c[0], literal_column(f"'{kind}'", String)) for kind, names in found))

    def look(self, store: Store, now: datetime) -> dict[str, set[str]]:
        """The names of what is due, by kind."""
        due: dict[str, set[str]] = {}
        with store.reading() as session:
            for name, kind in session.execute(self._query, {"now": now}):
                due.setdefault(kind, set()).add(name)
        return due


def flow_work() -> dict[str, object]:
    """What the flow takes, by the kind or by the name of the table."""
    subjects = {str(table.__tablename__): _any(any_due(table)) for table in SUBJECTS}
    return {
        JOURNAL: _any(exists(select(col(JournalWaiting.row_id)))),
        INBOX: _any(any_due(InboxWebhook)),
        **subjects,
        LEADS: _any(any_due(LeadChange)),
    }


def outgoing_work() -> dict[str, object]:
    """What goes out to providers and users."""
    return {
        SYNCS: due_groups(SyncSlot, "connector"),
        TEXTS: texts_due(),
        CALLS: calls_due(),
        ALERTS: channels_due(),
        PICTURES: _any(any_due(TextMedia)),
        WEBHOOKS: endpoints_due(),
    }


def _any(condition: Any) -> object:
    """One row without a name if the condition holds."""
    nameless: Any = literal_column("''", String).label("name")
    return select(nameless).where(condition)
