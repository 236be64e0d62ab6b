"""Sends what is in the outbox of alerts, one channel at a time; a user who may no longer see an alert gets nothing.

An email, or a message of a chat, whose worker died while the other side took it is not sent again: it may have arrived. A
webhook and a push notification are repeated with the same id, by which the receiver knows them; a text is queued in the
transaction that ends its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import structlog
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from hub.alerts.channels.chat import CHATS, open_chats, send_chat
from hub.alerts.channels.email import send_alert_mail
from hub.alerts.channels.message_parts import MessageParts, with_parts
from hub.alerts.channels.push import send_push
from hub.alerts.channels.text import queue_alert_text
from hub.alerts.channels.webhook import open_webhook, send_webhook
from hub.alerts.digests import may_get, send_digest
from hub.alerts.kinds import BY_KEY, DIGEST, OTHER_SYSTEMS, REPORT, TEST, Channel, may_use
from hub.alerts.report_mails import GONE, Printer, send_report, stop_gone, why_not
from hub.alerts.spread import Hearing, kinds_of_row
from hub.alerts.wording import Message, known_of, message_of
from hub.errors import RetryLater, RingfenceError, place_of
from hub.flow.subjects import lock_keys_of_ids
from hub.model import Alert, AlertDelivery, AlertPreference, AlertRule, Company, User
from hub.model.states import AlertDeliveryState
from hub.numbers.directory import Directory
from hub.platform.backoff import Jitter, full_jitter, next_try
from hub.plugin_host.public_post import PublicPost
from hub.privacy.withdrawal import shared_person_lock
from hub.runtime import Hub
from hub.store.claims import claim, complete, due_groups, oldest_due

log = structlog.get_logger(__name__)
ROWS_PER_TURN = 1_000
GROUPS_PER_TURN = 20
ROWS_PER_GROUP = 100
LOCK_WAIT_SECONDS = 5.0
MAX_TRIES = 6
"""Over about three hours; after that nobody needs the alert, and the page has it."""
TOO_OLD = timedelta(hours=36)
MAX_PER_DAY = {Channel.EMAIL: 200, Channel.TEXT: 40, Channel.WEBHOOK: 5_000, Channel.PUSH: 300} | dict.fromkeys(
    CHATS, 500
)
INTERRUPTED = "The hub stopped while the other side took it; it may have arrived."


@dataclass(frozen=True)
class _Prepared:
    """One row of the outbox that may go, with what it says."""

    row: AlertDelivery
    alert: Alert
    company: Company
    message: Message


def channels_due() -> object:
    """The query for the channels that have something to send now."""
    return due_groups(AlertDelivery, "channel")


def send_due(
    hub: Hub,
    directory: Directory,
    channel: str,
    post: PublicPost | None = None,
    jitter: Jitter = full_jitter,
    printer: Printer | None = None,
) -> int:
    """Send what is due on a channel; returns how many rows were claimed."""
    total = 0
    waiting = AlertDelivery.user_id, AlertDelivery.target
    with hub.store.reading() as session:
        kinds = [each.limit(ROWS_PER_TURN) for each in oldest_due(AlertDelivery, AlertDelivery.channel == channel)]
        found = [session.execute(each.with_only_columns(*waiting), {"now": hub.clock()}).all() for each in kinds]
    for user_id, target in list(dict.fromkeys(chain(*found)))[:GROUPS_PER_TURN]:
        sender = _Sender(hub, directory, channel, user_id, target, post or PublicPost(), jitter, printer)
        total += sender.send()
    return total


@dataclass
class _Sender:
    """Sends what is due to one user on one channel, and for web push to one browser."""

    hub: Hub
    directory: Directory
    channel: str
    user_id: str
    target: str
    post: PublicPost
    jitter: Jitter
    printer: Printer | None = None
    token: str = ""

    def send(self) -> int:
        """Claim and send; returns how many rows were claimed."""
        mine = {"channel": self.channel, "user_id": self.user_id, "target": self.target}
        self.token, rows = claim(
            self.hub.store, AlertDelivery, now=self.hub.clock(), limit=ROWS_PER_GROUP, of=mine, alone=True
        )
        if not rows:
            return 0
        with self.hub.heartbeat.keeping(AlertDelivery, self.token):
            self._end([row for row in rows if row.begun_at], AlertDeliveryState.UNKNOWN, INTERRUPTED)
            for batch in self._batches(self._prepare([row for row in rows if not row.begun_at])):
                self._try(batch)
        return len(rows)

    def _prepare(self, rows: Sequence[AlertDelivery]) -> list[_Prepared]:
        """The rows that may go; the others end as dropped, each with its reason."""
        prepared: list[_Prepared] = []
        dropped: list[tuple[AlertDelivery, Alert, str]] = []
        with self.hub.store.reading() as session:
            user = session.get_one(User, self.user_id)
            alerts = {row.id: session.get_one(Alert, row.alert_id) for row in rows}
            known, hearing = known_of(session, self.hub, list(alerts.values())), Hearing(session, user)
            left = MAX_PER_DAY[Channel(self.channel)] - self._sent_today(session)
            for row in rows:
                alert = alerts[row.id]
                reason = self._why_not(session, user, hearing, alert)
                if reason is None and len(prepared) >= left:
                    reason = "The limit of this channel for one day is reached; the list of alerts has it."
                if reason is not None:
                    dropped.append((row, alert, reason))
                    continue
                company = session.get_one(Company, alert.company_id)
                chosen = session.get(AlertPreference, (user.id, company.id))
                names = chosen is not None and chosen.names_caller and self.channel not in OTHER_SYSTEMS
                message = message_of(self.hub, known, alert, company, names_caller=names)
                prepared.append(_Prepared(row, alert, company, message))
        for row, alert, reason in dropped:
            self._end([row], AlertDeliveryState.DROPPED, reason)
            if reason == GONE:
                stop_gone(self.hub, alert)
        return prepared

    def _why_not(self, session: Session, user: User, hearing: Hearing, alert: Alert) -> str | None:
        if alert.kind == REPORT:
            return why_not(session, alert)
        if user.disabled_at is not None:
            return "The user is disabled."
        if not may_use(session, user, alert.company_id, self.channel):
            return "The role no longer includes this channel."
        if alert.kind == TEST:
            return None
        if alert.kind == DIGEST:
            return (
                None
                if may_get(session, user, alert)
                else "It was switched off, or the role no longer includes reports."
            )
        if self.hub.clock() - alert.at > TOO_OLD:
            return "It was too old when it could be sent."
        if not hearing.may(alert, alert.kind):
            return f"The role no longer includes {BY_KEY[alert.kind].label.lower()} of this company."
        wanted = select(AlertRule).where(
            AlertRule.user_id == user.id,
            AlertRule.company_id == alert.company_id,
            col(AlertRule.kind).in_(kinds_of_row(alert.kind)),
        )
        if not any(self.channel in rule.channels for rule in session.exec(wanted)):
            return "It was switched off."
        return None

    def _sent_today(self, session: Session) -> int:
        sent = select(func.count()).where(
            AlertDelivery.user_id == self.user_id,
            AlertDelivery.channel == self.channel,
            AlertDelivery.target == self.target,
            AlertDelivery.state == AlertDeliveryState.SENT,
            col(AlertDelivery.finished_at) > self.hub.clock() - timedelta(days=1),
        )
        return int(session.execute(sent).scalar_one())

    def _batches(self, prepared: Sequence[_Prepared]) -> list[list[_Prepared]]:
        """What goes together: all that quiet hours held, by company but for a browser; everything else alone."""
        together: dict[str, list[_Prepared]] = {}
        alone: list[list[_Prepared]] = []
        for each in prepared:
            if each.row.held and each.alert.kind not in (DIGEST, REPORT, TEST):
                together.setdefault(each.company.id if self.channel != Channel.PUSH else "", []).append(each)
            else:
                alone.append([each])
        return [*together.values(), *alone]

    def _try(self, batch: Sequence[_Prepared]) -> None:
        rows = [each.row for each in batch]
        now = self.hub.clock()
        try:
            self._deliver(batch, now)
        except RetryLater as error:
            self._again(rows, str(error), error.after)
        except RingfenceError as error:
            self._end(rows, AlertDeliveryState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - whatever the other side does, it is tried again and then given up
            log.error("alert failed", channel=self.channel, error=type(error).__name__, at=place_of(error))
            self._again(rows, f"It failed ({type(error).__name__}).", None)
        else:
            if self.channel != Channel.TEXT:
                self._end(rows, AlertDeliveryState.SENT, None)

    def _again(self, rows: Sequence[AlertDelivery], reason: str, after: float | None) -> None:
        tries = max(row.attempts for row in rows)
        due = next_try(self.hub.clock(), tries, retry_after=after, jitter=self.jitter) if tries < MAX_TRIES else None
        if due is None:
            self._end(rows, AlertDeliveryState.FAILED, f"Given up after {tries} tries: {reason}")
        else:
            self._complete(rows, state=AlertDeliveryState.READY, due_at=due, begun_at=None, reason=reason)

    def _deliver(self, batch: Sequence[_Prepared], now: datetime) -> None:
        first, messages = batch[0], [each.message for each in batch]
        with self.hub.store.reading() as session:
            user = session.get_one(User, self.user_id)
            preference = session.get(AlertPreference, (user.id, first.company.id))
        if first.alert.kind == REPORT:
            send_report(self.hub, self.printer, first.alert, first.row.id, lambda: self._begin(batch))
        elif self.channel == Channel.EMAIL and first.alert.kind == DIGEST:
            send_digest(self.hub, user, first.alert, first.row.id, lambda: self._begin(batch))
        elif self.channel == Channel.EMAIL:
            self._mail(user, batch, preference is not None and preference.attaches_messages)
        elif self.channel == Channel.WEBHOOK:
            webhook = open_webhook(self.hub.keyring, preference)
            send_webhook(self.post, webhook, first.row.id, messages, now)
        elif self.channel in CHATS:
            url = open_chats(self.hub.keyring, preference).get(self.channel)
            send_chat(self.post, self.channel, url, messages, lambda: self._begin(batch))
        elif self.channel == Channel.PUSH:
            send_push(self.hub, self.post, self.target, first.row.id, messages)
        else:
            with self.hub.store.writing() as session:
                queue_alert_text(session, self.hub, self.directory, user, first.company, first.row.id, messages)
                values = _final(AlertDeliveryState.SENT, None, now)
                complete(session, AlertDelivery, [each.row.id for each in batch], self.token, **values)

    def _mail(self, user: User, batch: Sequence[_Prepared], attaches: bool) -> None:
        """Send an email; if sound of people goes with it, under their locks, so that nothing leaves after a refusal."""
        subjects = [each.alert.subject_id or "" for each in batch] if attaches else []
        with self.hub.store.reading() as session:
            keys = lock_keys_of_ids(session, subjects) if subjects else set[str]()
        with shared_person_lock(self.hub.store, keys, LOCK_WAIT_SECONDS) as free:
            if not free:
                raise RetryLater("A refusal is being written.")
            parts = [
                with_parts(self.hub, self.directory, user, each.alert, each.company, each.message, each.row.attempts)
                if attaches
                else MessageParts(each.message)
                for each in batch
            ]

            def begin() -> None:
                self._begin(batch)
                for each, part in zip(batch, parts, strict=True):
                    part.record(self.hub, user, each.company.account_id, each.alert.subject_id or "")

            send_alert_mail(self.hub, user, batch[0].company.id, batch[0].row.id, parts, begin)

    def _begin(self, batch: Sequence[_Prepared]) -> None:
        """Record that the other side is about to get it."""
        self._set([each.row.id for each in batch], begun_at=self.hub.clock())

    def _set(self, ids: Sequence[str], **values: object) -> None:
        held = (col(AlertDelivery.id).in_(ids), col(AlertDelivery.lease_token) == self.token)
        with self.hub.store.writing() as session:
            changed: Any = session.execute(
                update(AlertDelivery).where(*held).values(**values).execution_options(synchronize_session=False)
            )
        if changed.rowcount != len(ids):
            raise RetryLater("Another worker has taken it over.")

    def _end(self, rows: Sequence[AlertDelivery], state: AlertDeliveryState, reason: str | None) -> None:
        self._complete(rows, **_final(state, reason, self.hub.clock()))

    def _complete(self, rows: Sequence[AlertDelivery], **values: object) -> None:
        if rows:
            with self.hub.store.writing() as session:
                complete(session, AlertDelivery, [row.id for row in rows], self.token, **values)


def _final(state: AlertDeliveryState, reason: str | None, now: datetime) -> dict[str, object]:
    return {"state": state, "reason": reason, "finished_at": now}
