"""Makes the alerts of users from what happened: one for each user who wants it and may see it, with a row for each channel.

All rows of one event are written in the transaction that completes it, and their keys are unique, so a crash or a second
worker neither loses one nor makes two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope, scope_of
from hub.alerts.kinds import BY_KEY, WHOLE_ACCOUNT, Channel, reaches, threshold_of
from hub.alerts.quiet_hours import QuietHours
from hub.errors import NotFound
from hub.model import (
    Alert,
    AlertDelivery,
    AlertEvent,
    AlertPreference,
    AlertRule,
    Call,
    PushSubscription,
    User,
)
from hub.model.columns import new_id
from hub.model.states import SubjectState, WorkState
from hub.runtime import Hub
from hub.store.claims import claim, complete, held_ids
from hub.store.rows import write_rows
from hub.store.writers.alert_events import ALERT_LIFETIME, CALL, CALL_KINDS, LEAD

EVENTS_PER_BATCH = 50


def spread(hub: Hub) -> int:
    """Turn due events into alerts; returns how many events were claimed."""
    now = hub.clock()
    token, events = claim(hub.store, AlertEvent, now=now, limit=EVENTS_PER_BATCH)
    if not events:
        return 0
    with hub.store.writing() as session:
        held = held_ids(session, AlertEvent, [event.id for event in events], token)
        for event in events:
            if event.id in held:
                _spread_one(session, event, now)
        complete(session, AlertEvent, sorted(held), token, state=WorkState.DONE)
    return len(events)


def _spread_one(session: Session, event: AlertEvent, now: datetime) -> None:
    kinds = _kinds_of(session, event)
    rules = session.exec(
        select(AlertRule).where(AlertRule.company_id == event.company_id, col(AlertRule.kind).in_(kinds))
    ).all()
    by_user: dict[str, list[AlertRule]] = {}
    for rule in rules:
        by_user.setdefault(rule.user_id, []).append(rule)
    for user_id, theirs in by_user.items():
        user = session.get_one(User, user_id)
        hearing = Hearing(session, user)
        wanted = [rule for rule in theirs if _may_have(hearing, user, event, rule)]
        if wanted:
            first = min(wanted, key=lambda rule: kinds.index(rule.kind))
            alert = Alert(
                account_id=user.account_id,
                user_id=user_id,
                company_id=event.company_id,
                kind=first.kind,
                dedup_key=f"{CALL}/{event.subject_id}" if event.kind == CALL else event.dedup_key,
                subject_id=event.subject_id,
                facts={name: value for name, value in event.facts.items() if name != "by"},
                at=event.at,
                expires_at=now + ALERT_LIFETIME,
            )
            write_alert(session, alert, {each for rule in wanted for each in rule.channels}, now)


def write_alert(
    session: Session,
    alert: Alert,
    channels: Iterable[str],
    now: datetime,
    *,
    through_quiet: bool = False,
    target: str | None = None,
) -> bool:
    """Write an alert with its outbox, within `session`; False if the user has it already. `target` is who gets it instead of
    the user."""
    write_rows(session, Alert, [alert])
    same = (Alert.user_id == alert.user_id, Alert.company_id == alert.company_id, Alert.dedup_key == alert.dedup_key)
    if session.exec(select(Alert.id).where(*same)).one() != alert.id:
        return False
    quiet = None if through_quiet else quiet_hours_of(session, alert.user_id, alert.company_id)
    due = quiet.next_open(now) if quiet else now
    rows = [
        AlertDelivery(
            id=new_id(),
            alert_id=alert.id,
            account_id=alert.account_id,
            user_id=alert.user_id,
            channel=channel,
            target=target,
            held=due > now,
            due_at=due,
            expires_at=now + ALERT_LIFETIME,
        )
        for channel, target in _targets(session, alert.user_id, set(channels), target)
    ]
    write_rows(session, AlertDelivery, rows)
    return True


def quiet_hours_of(session: Session, user_id: str, company_id: str) -> QuietHours | None:
    """A user's quiet hours for a company, if they have any."""
    chosen = session.get(AlertPreference, (user_id, company_id))
    if chosen is None or chosen.quiet_from is None or chosen.quiet_to is None:
        return None
    return QuietHours(chosen.quiet_from, chosen.quiet_to, ZoneInfo(chosen.time_zone))


def _targets(session: Session, user_id: str, channels: set[str], target: str | None) -> Iterator[tuple[str, str]]:
    for channel in sorted(channels - {Channel.PUSH}):
        yield channel, target or ""
    if Channel.PUSH in channels:
        browsers = session.exec(select(PushSubscription.id).where(PushSubscription.user_id == user_id))
        yield from ((Channel.PUSH, each) for each in browsers)


def _kinds_of(session: Session, event: AlertEvent) -> Sequence[str]:
    """What an event is now, the most telling kind first."""
    if event.kind != CALL:
        return (event.kind,)
    call = session.get(Call, event.subject_id)
    if call is None or call.state == SubjectState.ERASED:
        return ()
    is_so = {
        "voicemail": call.voicemail,
        "missed_call": call.over and not call.answered,
        "first_time_caller": bool(call.first_time_caller),
    }
    return [kind for kind in ("voicemail", "missed_call", "first_time_caller") if is_so[kind]]


def _may_have(hearing: Hearing, user: User, event: AlertEvent, rule: AlertRule) -> bool:
    if event.kind == LEAD and event.facts.get("by") == user.id:
        return False
    if "threshold" in event.facts and event.facts["threshold"] != threshold_of(rule.kind, rule.threshold):
        return False
    return hearing.may(event, rule.kind)


class Hearing:
    """What one user may hear of now: by role, by company, and for agents by call."""

    def __init__(self, session: Session, user: User) -> None:
        self._session, self._user = session, user
        self._scopes: dict[str, AccessScope | None] = {}

    def _scope(self, kind: str) -> AccessScope | None:
        action = BY_KEY[kind].action
        if action not in self._scopes:
            self._scopes[action] = scope_of(self._session, self._user, action)
        return self._scopes[action]

    def may(self, about: AlertEvent | Alert, kind: str) -> bool:
        """Whether the user may hear of it as a kind of alert, at its company or all of them, about its call, text or form."""
        scope = self._scope(kind)
        if scope is None or not reaches(scope, about.company_id, BY_KEY[kind]):
            return False
        if WHOLE_ACCOUNT in about.facts and scope.companies is not None:
            return False
        if scope.reach == "own":
            try:
                scope.call(self._session, about.subject_id or "")
            except NotFound:
                return False
        return True


def kinds_of_row(kind: str) -> Sequence[str]:
    """The kinds of rules that may have made an alert of a kind: a call has several."""
    return CALL_KINDS if kind in CALL_KINDS else (kind,)
