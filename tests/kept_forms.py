"""Forms that were sent, stored for the flow without a website."""

from __future__ import annotations

from hub.model import Company
from hub.runtime import Hub
from hub.visits.forms import SentForm, read_form, store_form


def keep_form(hub: Hub, company: Company, sent: SentForm) -> None:
    """Store one form for the flow in its own transaction."""
    now = hub.clock()
    with hub.store.writing() as session:
        store_form(session, hub.vault, read_form(company, sent, now), now)
