"""`/alerts`: what happened, newest first, and how each alert reached the user."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from hub.alerts.alert_list import list_alerts
from hub.alerts.kinds import CHANNEL_NAMES
from hub.alerts.unread import mark_read
from hub.model.states import AlertDeliveryState
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

STATES = {
    AlertDeliveryState.READY: ("warn", "waits"),
    AlertDeliveryState.LEASED: ("warn", "on its way"),
    AlertDeliveryState.SENT: ("good", "sent"),
    AlertDeliveryState.DROPPED: ("", "not sent"),
    AlertDeliveryState.FAILED: ("bad", "failed"),
    AlertDeliveryState.UNKNOWN: ("held", "unknown"),
}


def show(page: PageRequest) -> Response:
    """The list."""
    with page.session() as session:
        found = list_alerts(session, page.hub, page.scope, page.company_ids, page.query.get("after"))
    unread = sum(each.unread for each in found.items)
    return page.render(
        "alerts.html",
        title="Alerts",
        sentence=_sentence(unread, bool(found.items)),
        alerts=found.items,
        unread=unread,
        newest_at=found.items[0].at.isoformat() if found.items else "",
        older=page.here(after=found.next) if found.next else None,
        newest=page.here() if page.query.get("after") else None,
        states=STATES,
        channel_names=CHANNEL_NAMES,
        several=len(page.company_ids) > 1,
    )


def read_all(page: PageRequest) -> Response:
    """Mark the alerts that the page showed as read."""
    try:
        up_to = datetime.fromisoformat(page.value("up_to"))
    except ValueError:
        up_to = page.now
    with page.hub.store.writing() as session:
        mark_read(session, page.user.id, page.company_ids, page.now, up_to if up_to.tzinfo else page.now)
    return page.redirect(page.link("/alerts"))


def _sentence(unread: int, any_alerts: bool) -> str:
    if not any_alerts:
        return "What you chose to hear of stands here, whatever became of its email or text."
    if not unread:
        return "You have read all of them."
    return "One is new." if unread == 1 else f"{unread} are new."


PAGES = (
    Page("/alerts", show),
    Page("/alerts/read", read_all, method="POST"),
)
