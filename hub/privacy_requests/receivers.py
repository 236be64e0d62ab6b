"""After an erasure: notifies the addresses of webhooks, and says in the certificate which of them got it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.errors import RetryLater
from hub.model import Company, PrivacyRequest, RequestTask, WebhookEndpoint, WebhookEvent
from hub.model.states import PersonNotice, TaskState, WebhookEventState
from hub.privacy.datamap.recipients import recipient_name
from hub.privacy.receivers import Receiver, notify_receivers, receivers_of
from hub.runtime import Hub
from hub.store.rows import write_rows

HOOK = "notify_receiver"
NOTIFIED = "notified"
"""Key in a request's outcome: the receivers to notify, with the number of contacts that each was sent."""
ON_THE_WAY = (WebhookEventState.READY, WebhookEventState.LEASED, WebhookEventState.WAITING)
GONE = "The outbox no longer has the event, so it is not known whether it came."


def shown(receivers: Sequence[Receiver]) -> list[dict[str, Any]]:
    """Receivers for a plan or an outcome: who runs each address, and how many contacts it was sent."""
    return [
        {"connector": each.connector, "recipient": each.recipient, "contacts": len(each.contacts)} for each in receivers
    ]


def notify(
    session: Session, hub: Hub, request: PrivacyRequest, known: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Write the events, and a task that waits for the answer of each receiver, within `session`. `known` are the person's
    `people` and `subjects` in the record of disclosures."""
    company = session.get_one(Company, request.company_id)
    receivers = receivers_of(session, hub.config, company, known.get("people", ()), known.get("subjects", ()))
    notify_receivers(session, PersonNotice.ERASED, receivers, request.id, now)
    tasks = [RequestTask(request_id=request.id, hook=HOOK, connector=each.connector, due_at=now) for each in receivers]
    write_rows(session, RequestTask, tasks)
    request.outcome = {**request.outcome, NOTIFIED: shown(receivers)}


def result_of(hub: Hub, task: RequestTask) -> tuple[int, str | None, bool]:
    """How many contacts the receiver was informed of, a reason, and whether it could not be notified. RetryLater while the
    event is on its way."""
    with hub.store.reading() as session:
        request = session.get_one(PrivacyRequest, task.request_id)
        company = session.get_one(Company, request.company_id)
        events = session.exec(
            select(WebhookEvent).where(
                WebhookEvent.company_id == company.id,
                WebhookEvent.subject_id == request.id,
                WebhookEvent.type == PersonNotice.ERASED,
            )
        ).all()
        names = _names(session, company, [event.endpoint_id for event in events])
    event = next((each for each in events if names.get(each.endpoint_id) == task.connector), None)
    if event is None:
        return 0, GONE, True
    if event.state in ON_THE_WAY:
        raise RetryLater(event.reason or "The event is on its way.")
    if event.state == WebhookEventState.DELIVERED:
        return len(event.changes), None, False
    return 0, event.reason or "It could not be sent.", True


def notified(tasks: Sequence[RequestTask], outcome: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For the certificate: each receiver, whether it was notified, when, and why not."""
    by_connector = {task.connector: task for task in tasks if task.hook == HOOK}
    return [
        {
            **each,
            "result": "notified" if task.state == TaskState.DONE else "not_notified",
            "at": task.finished_at.isoformat() if task.finished_at else None,
            "note": task.reason,
        }
        for each in outcome.get(NOTIFIED, ())
        if (task := by_connector.get(each["connector"])) is not None
    ]


def as_line(receiver: Mapping[str, object]) -> str:
    """A receiver as a line of the certificate."""
    contacts = f"{receiver['contacts']} {'contact' if receiver['contacts'] == 1 else 'contacts'}"
    if receiver["result"] == "notified":
        return f"{receiver['recipient']}: notified of {contacts}, {receiver['at']}."
    return f"{receiver['recipient']}: could not be notified of {contacts}. {receiver['note']}"


def _names(session: Session, company: Company, endpoint_ids: Sequence[str]) -> dict[str, str]:
    rows = session.exec(select(WebhookEndpoint).where(col(WebhookEndpoint.id).in_(endpoint_ids)))
    return {row.id: recipient_name(company.name, row.name) for row in rows}
