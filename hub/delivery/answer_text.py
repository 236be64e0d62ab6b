"""A user texts a person: whether that is allowed now, later or not at all, and the deed that queues the text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, select

from hub.access.scope import AccessScope
from hub.delivery.text_consent import ask_about_text
from hub.errors import existing
from hub.flow.case_loading import load_cases
from hub.model import Company, Delivery, TextMessage
from hub.model.purposes import SERVICE
from hub.numbers.directory import Directory, Line
from hub.runtime import Hub
from hub.store import audit
from hub.store.connectors import paused_connectors
from hub.texts.queue import SEND, CannotText, queue_text
from hub.texts.suppression import is_suppressed

OPTED_OUT = "The person has asked the company to stop texts. Only they can undo it, by texting START."


@dataclass(frozen=True)
class Recipient:
    """A person at a company, and the tracking number that they know, if any."""

    company_id: str
    number: str
    tracking_number: str | None = None


@dataclass(frozen=True)
class TextPermission:
    """Whether a person may be texted. `reason` says why not, or why not now; `not_before` is then the earliest time."""

    verdict: Literal["now", "later", "never"]
    line: Line | None
    reason: str | None = None
    not_before: datetime | None = None
    opted_out: bool = False
    time_zones: tuple[str, ...] = ()
    """Where the person may be."""


class NotAllowedNow(CannotText):
    """Consent or the law's hours forbid the text, so it was not queued."""


def may_text(hub: Hub, directory: Directory, recipient: Recipient) -> TextPermission:
    """Whether a user may answer a person now. It is asked again when the text is sent."""
    line = _line(hub, directory, recipient)
    if line is None:
        return TextPermission("never", None, "The company has no tracking number whose carrier sends texts.")
    now = hub.clock()
    with hub.store.reading() as session:
        if is_suppressed(session, hub, recipient.company_id, recipient.number, SERVICE):
            return TextPermission("never", line, OPTED_OUT, opted_out=True)
        paused = paused_connectors(session).get(line.tracker.carrier)
        if paused is not None:
            return TextPermission("never", line, f"The connector {line.tracker.carrier!r} is paused: {paused}")
        cases = load_cases(session, directory, [_asked_about(line, recipient, now)], now)
        ruling = ask_about_text(hub, session, cases[0], line.tracker.carrier, now)
    zones = tuple(dict.fromkeys(zone for place in ruling.question.person_places for zone in place.time_zones))
    if ruling.allowed:
        return TextPermission("now", line, time_zones=zones)
    reason, later = ruling.decision.ruling.reason, ruling.decision.not_before
    if later is not None and later > now:
        return TextPermission("later", line, reason, later, time_zones=zones)
    return TextPermission("never", line, reason, time_zones=zones)


def answer_text(
    hub: Hub,
    directory: Directory,
    scope: AccessScope,
    recipient: Recipient,
    body: str,
    once: str,
    *,
    later: bool = False,
) -> TextMessage:
    """Queue a text that a user wrote, with its audit entry. With the same `once` it is queued one time.

    `scope` is the user's for the action `contact`. With `later`, a text that may not go now is queued for the time at
    which it may. NotAllowedNow if consent forbids it; CannotText if it cannot be sent.
    """
    with hub.store.reading() as session:
        scope.one(session, Company, recipient.company_id)
    permission = may_text(hub, directory, recipient)
    if permission.line is None or permission.verdict == "never" or (permission.verdict == "later" and not later):
        raise NotAllowedNow(permission.reason or "The person may not be texted.")
    key = "page/" + hashlib.sha256(f"{scope.user.id}/{recipient.company_id}/{once}".encode()).hexdigest()
    connector = permission.line.tracker.carrier
    with hub.store.writing() as session:
        # One at a time for each company, so that a second click finds the text of the first.
        session.exec(select(Company.id).where(Company.id == recipient.company_id).with_for_update())
        repeated = _is_queued(session, connector, f"text/{key}")
        text = queue_text(
            session, hub, permission.line, recipient.number, body, "reply", key=key, not_before=permission.not_before
        )
        if not repeated:
            audit.note(session, hub.clock(), scope.user.id, "texts.send", text.id, "reply")
    return text


def _is_queued(session: Session, connector: str, dedup_key: str) -> bool:
    same = select(Delivery.id).where(Delivery.connector == connector, Delivery.dedup_key == dedup_key)
    return session.exec(same).first() is not None


def _line(hub: Hub, directory: Directory, recipient: Recipient) -> Line | None:
    """The number that the person knows, or else the company's shared one, whose carrier sends texts."""
    company = existing(directory.company(recipient.company_id))
    showable = directory.showable(company)
    among = (directory.line(recipient.tracking_number, hub.clock()), showable.shared, *showable.fixed)
    ours = (line for line in among if line is not None and line.number.released_at is None)
    own = (line for line in ours if line.company.id == company.id)
    return next((line for line in own if hub.plugins.implements(line.tracker.carrier, SEND)), None)


def _asked_about(line: Line, recipient: Recipient, now: datetime) -> TextMessage:
    """The text that is asked about; it is never stored."""
    return TextMessage(
        connector=line.tracker.carrier,
        direction="out",
        purpose="reply",
        company_id=line.company.id,
        tracker_id=line.tracker.id,
        tracking_number=line.number.number,
        person_number=recipient.number,
        at=now,
    )
