"""The list of a user's alerts, with what became of each on its way; how many are unread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.alerts.kinds import DIGEST, REPORT, TEST, URGENT
from hub.alerts.spread import Hearing
from hub.alerts.wording import Known, Message, known_of, message_of
from hub.model import Alert, AlertDelivery, Company, User
from hub.queries.lists.keyset import Page, Part, newest_first, page_of
from hub.runtime import Hub


@dataclass(frozen=True)
class SentBy:
    """What became of an alert on one channel."""

    channel: str
    state: str
    reason: str | None


@dataclass(frozen=True)
class ListedAlert:
    """One alert of the list. `message` is None if the user may no longer see what it is about."""

    id: str
    message: Message | None
    at: datetime
    unread: bool
    urgent: bool
    sent: tuple[SentBy, ...]


def list_alerts(
    session: Session, hub: Hub, scope: AccessScope, companies: Sequence[str], after: str | None, limit: int = 50
) -> Page[ListedAlert]:
    """The user's own alerts of some companies; digests and reports are mails and not in the list."""
    query = select(Alert).where(
        Alert.user_id == scope.user.id, col(Alert.company_id).in_(companies), col(Alert.kind).not_in((DIGEST, REPORT))
    )
    page = page_of(session, [Part(query, newest_first(Alert.at, Alert.id))], after, limit)
    shown = page.items
    sent = _sent(session, [row.id for row in shown])
    titles = {each.id: each for each in session.exec(select(Company).where(col(Company.id).in_(companies)))}
    known, hearing = known_of(session, hub, shown), Hearing(session, scope.user)
    items = [
        ListedAlert(
            id=row.id,
            message=_message(hub, known, hearing, row, titles[row.company_id]),
            at=row.at,
            unread=row.seen_at is None,
            urgent=row.kind in URGENT,
            sent=tuple(sent.get(row.id, ())),
        )
        for row in shown
    ]
    return page.of(items)


def sent_alerts(session: Session, user: User | None, limit: int) -> list[dict[str, object]]:
    """The newest alerts, digests and tests of one user or all, one row for each channel, without anything about a caller."""
    columns: Any = (
        Alert.id, Alert.at, col(User.name).label("user"), col(Company.name).label("company"), Alert.kind, Alert.seen_at,
        AlertDelivery.channel, AlertDelivery.state, AlertDelivery.due_at, AlertDelivery.reason,
    )  # fmt: skip
    query: Any = (
        select(*columns).join(User, col(User.id) == Alert.user_id).join(Company, col(Company.id) == Alert.company_id)
    )
    query = query.outerjoin(AlertDelivery, col(AlertDelivery.alert_id) == Alert.id)
    if user is not None:
        query = query.where(Alert.user_id == user.id)
    newest = query.order_by(col(Alert.at).desc(), col(Alert.id).desc(), AlertDelivery.channel).limit(limit)
    return [dict(row._mapping) for row in session.execute(newest)]


def _message(hub: Hub, known: Known, hearing: Hearing, row: Alert, company: Company) -> Message | None:
    if row.kind != TEST and not hearing.may(row, row.kind):
        return None
    return message_of(hub, known, row, company, names_caller=False)


def _sent(session: Session, ids: Sequence[str]) -> dict[str, list[SentBy]]:
    found: dict[str, list[SentBy]] = defaultdict(list)
    query = select(AlertDelivery).where(col(AlertDelivery.alert_id).in_(ids)).order_by(col(AlertDelivery.channel))
    for row in session.exec(query):
        found[row.alert_id].append(SentBy(row.channel, row.state, row.reason))
    return found
