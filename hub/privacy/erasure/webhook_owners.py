"""The companies to which raw webhooks belong: one carrier account may serve several companies, and all share one inbox."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session, col, select

from hub.model import InboxWebhook, Tracker, TrackingNumber


def webhooks_of_others(session: Session, company_id: str, ids: Collection[str]) -> set[str]:
    """The webhooks among `ids` that name a tracking number of another company and none of this one. An erasure here
    must not empty them, because the other company may have to keep them.
    """
    if not ids:
        return set()
    held = select(Tracker.company_id, TrackingNumber.number).join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
    own: list[bytes] = []
    others: list[bytes] = []
    for holder, number in session.exec(held):
        (own if holder == company_id else others).append(number.removeprefix("+").encode())
    if not others:
        return set()
    found = set()
    raw = select(InboxWebhook.id, InboxWebhook.url, InboxWebhook.body).where(col(InboxWebhook.id).in_(ids))
    for webhook_id, url, body in session.exec(raw):
        text = (url or "").encode() + b"\n" + (body or b"")
        if any(number in text for number in others) and not any(number in text for number in own):
            found.add(webhook_id)
    return found
