"""What tests of texts do: somebody writes in, a text is queued, and the words of both are read."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from testbed import ACCOUNTS, CALLER, SHARED, TestHub

from hub.api import WebhookRequest
from hub.api.carriers import MessageEvent, MessageStatusEvent
from hub.model import InboxWebhook, TextMessage
from hub.model.columns import RAW_WEBHOOK_RETENTION
from hub.texts.bodies import open_body
from hub.texts.queue import queue_text

_numbers = itertools.count(1)


def accounts(texts: dict[str, Any]) -> Sequence[Any]:
    """The usual companies, with `texts:` for the first."""
    made = copy.deepcopy(ACCOUNTS)
    made[0]["companies"][0]["texts"] = texts
    return made


def write_in(stage: TestHub, body: str, sender: str | None = CALLER, *, number: str = SHARED, **more: Any) -> str:
    """Somebody writes to a tracking number; the carrier's id of the text."""
    message_id = f"SMIN{next(_numbers):05}"
    said: dict[str, Any] = {"at": stage.clock()} | more
    stage.tell(MessageEvent(message_id=message_id, tracking_number=number, sender_number=sender, body=body, **said))
    return message_id


def webhook_row(stage: TestHub, key: str, body: bytes) -> InboxWebhook:
    """A verified webhook as the inbox holds it."""
    now = stage.clock()
    request = WebhookRequest("POST", "https://calls.example.com/webhooks/carrier/text", body, now)
    return InboxWebhook(
        connector="carrier",
        event_key=key,
        received_at=now,
        url=request.url,
        headers="{}",
        body=body,
        due_at=now,
        expires_at=now + RAW_WEBHOOK_RETENTION,
    )


def queue(
    stage: TestHub, body: str = "Your car is ready.", to: str = CALLER, purpose: Any = "reply", **more: Any
) -> TextMessage:
    """Queue one text from the shared number."""
    with stage.hub.store.writing() as session:
        return queue_text(session, stage.hub, stage.directory.lines[SHARED], to, body, purpose, **more)


def status_event(stage: TestHub, reference: str, status: Any, **more: Any) -> MessageStatusEvent:
    """What a carrier tells of a text."""
    return MessageStatusEvent(message_id=reference, at=stage.clock(), status=status, **more)


def outbound(stage: TestHub, **wanted: Any) -> list[TextMessage]:
    """The texts that go out, by the time at which they were queued."""
    rows = stage.rows(TextMessage, direction="out", **wanted)
    return sorted(rows, key=lambda row: (row.at, row.id))


def words_of(stage: TestHub, text: TextMessage) -> str | None:
    """What a text says."""
    with stage.hub.store.reading() as session:
        row = session.exec(select(TextMessage).where(col(TextMessage.id) == text.id)).one()
        return open_body(stage.hub.vault, session, row)
