"""A user's choice of alerts for a company: read, save, copy to other companies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.alerts.channels.chat import CHATS, chat_host, checked_chat, open_chats, seal_chats
from hub.alerts.channels.webhook import open_webhook, seal_webhook
from hub.alerts.kinds import CHANNEL_NAMES, DIGESTS, OTHER_SYSTEMS, Channel, kinds_for, may_use, threshold_of
from hub.alerts.spread import write_alert
from hub.errors import CannotDo
from hub.mail import NO_SERVER
from hub.model import (
    Alert,
    AlertPhone,
    AlertPreference,
    AlertRule,
    Company,
    PushSubscription,
    User,
    UserCompany,
)
from hub.model.columns import new_id
from hub.runtime import Hub
from hub.store import audit
from hub.store.encryption.webhook_secrets import new_secret
from hub.store.writers.alert_events import ALERT_LIFETIME

NO_WEBHOOK = "A webhook or a chat takes data to another system, so only roles that see the set-up have one."

OF_ONE_COMPANY = {"company_id", "digests_since", "webhook_sealed", "chats_sealed"}
"""The columns of preferences that are not copied to another company; what is sealed is bound to its own."""


@dataclass(frozen=True)
class WantedKind:
    """One kind that is switched on: its channels besides the page, and its threshold if it has one."""

    channels: tuple[str, ...] = ()
    threshold: int | None = None


@dataclass(frozen=True)
class AlertSettings:
    """What a user wants to hear of for one company, and how."""

    kinds: Mapping[str, WantedKind] = field(default_factory=dict)
    quiet: tuple[int, int] | None = None
    """Minutes after midnight in `time_zone`."""
    time_zone: str = "UTC"
    names_caller: bool = False
    attaches_messages: bool = False
    digests: tuple[str, ...] = ()


def read_settings(session: Session, user: User, company: Company) -> AlertSettings:
    """The user's settings for a company."""
    mine = (AlertRule.user_id == user.id, AlertRule.company_id == company.id)
    kinds = {
        rule.kind: WantedKind(tuple(rule.channels), rule.threshold)
        for rule in session.exec(select(AlertRule).where(*mine))
    }
    row = session.get(AlertPreference, (user.id, company.id))
    if row is None:
        return AlertSettings(kinds, time_zone=company.time_zone)
    quiet = None if row.quiet_from is None or row.quiet_to is None else (row.quiet_from, row.quiet_to)
    return AlertSettings(kinds, quiet, row.time_zone, row.names_caller, row.attaches_messages, tuple(row.digests))


def save_settings(session: Session, user: User, company: Company, wanted: AlertSettings, now: datetime) -> None:
    """Replace the user's settings for a company, with an audit entry, within `session`. CannotDo if a value is impossible.

    Kinds that the role does not include are left out.
    """
    if wanted.time_zone not in available_timezones():
        raise CannotDo("Choose a time zone from the list, like America/Chicago.", field="time_zone")
    if wanted.quiet is not None and wanted.quiet[0] == wanted.quiet[1]:
        raise CannotDo("Quiet hours must end at another time than they begin.", field="quiet_to")
    possible = {kind.key for kind in kinds_for(session, user, company.id)}
    session.execute(delete(AlertRule).where(col(AlertRule.user_id) == user.id, col(AlertRule.company_id) == company.id))
    usable = {each for each in CHANNEL_NAMES if may_use(session, user, company.id, each)}
    for key, each in wanted.kinds.items():
        if key in possible:
            session.add(_rule(user, company, key, replace(each, channels=tuple(usable.intersection(each.channels)))))
    row = _preference(session, user, company, now)
    digests = [each for each in DIGESTS if each in wanted.digests]
    if digests != row.digests:
        row.digests, row.digests_since = digests, now
    row.quiet_from, row.quiet_to = wanted.quiet or (None, None)
    row.time_zone, row.names_caller = wanted.time_zone, wanted.names_caller
    row.attaches_messages = wanted.attaches_messages
    session.add(row)
    session.flush()
    chosen = sorted(possible & wanted.kinds.keys()) + (["caller named"] if wanted.names_caller else [])
    chosen += ["messages attached"] if wanted.attaches_messages else []
    audit.note(session, now, user.id, "alerts.settings", company.id, ", ".join(chosen))


def copy_settings(session: Session, user: User, company: Company, others: Sequence[Company], now: datetime) -> int:
    """Give other companies of the user the same settings; webhook and chats stay with their company. Returns how many."""
    settings = read_settings(session, user, company)
    kinds = {
        key: replace(each, channels=tuple(channel for channel in each.channels if channel not in OTHER_SYSTEMS))
        for key, each in settings.kinds.items()
    }
    targets = [each for each in others if each.id != company.id]
    for each in targets:
        save_settings(session, user, each, replace(settings, kinds=kinds), now)
    return len(targets)


def set_webhook(session: Session, hub: Hub, user: User, company: Company, url: str) -> str:
    """Set the address of the webhook, within `session`; returns its new secret, which is shown once. CannotDo says
    why it cannot be set."""
    if not may_use(session, user, company.id, Channel.WEBHOOK):
        raise CannotDo(NO_WEBHOOK)
    secret = new_secret()
    row = _preference(session, user, company, hub.clock())
    row.webhook_sealed = seal_webhook(hub.keyring, user.id, company.id, url, secret)
    session.add(row)
    session.flush()
    audit.note(session, hub.clock(), user.id, "alerts.webhook", company.id, "set")
    return secret


def remove_webhook(session: Session, hub: Hub, user: User, company: Company) -> None:
    """Forget the webhook, within `session`."""
    row = session.get(AlertPreference, (user.id, company.id))
    if row is not None and row.webhook_sealed is not None:
        row.webhook_sealed = None
        session.add(row)
        session.flush()
        audit.note(session, hub.clock(), user.id, "alerts.webhook", company.id, "removed")


def webhook_url(session: Session, hub: Hub, user: User, company: Company) -> str | None:
    """The address of the user's webhook for a company."""
    found = open_webhook(hub.keyring, session.get(AlertPreference, (user.id, company.id)))
    return found[0] if found else None


def set_chat(session: Session, hub: Hub, user: User, company: Company, channel: str, url: str | None) -> None:
    """Set the address of the user's webhook of Slack or Teams, or forget it (None), within `session`. CannotDo says why it
    cannot be set."""
    if not may_use(session, user, company.id, channel):
        raise CannotDo(NO_WEBHOOK)
    row = _preference(session, user, company, hub.clock())
    addresses = {name: known for name, known in open_chats(hub.keyring, row).items() if name != channel}
    if url is not None:
        addresses[channel] = checked_chat(channel, url)
    row.chats_sealed = seal_chats(hub.keyring, user.id, company.id, addresses)
    session.add(row)
    session.flush()
    audit.note(session, hub.clock(), user.id, f"alerts.{channel}", company.id, "set" if url else "removed")


def chat_hosts(session: Session, hub: Hub, user: User, company: Company) -> dict[str, str]:
    """Where the user's chats for a company are, by channel; the rest of an address is secret."""
    addresses = open_chats(hub.keyring, session.get(AlertPreference, (user.id, company.id)))
    return {channel: chat_host(url) for channel, url in addresses.items()}


def why_no_channel(session: Session, hub: Hub, user: User, company: Company, channel: str) -> str | None:
    """What is missing before a channel can bring anything; None if nothing is."""
    if channel not in CHANNEL_NAMES:
        raise CannotDo(f"A channel is one of {', '.join(CHANNEL_NAMES)}.")
    if not may_use(session, user, company.id, channel):
        return NO_WEBHOOK
    if not hub.keyring:
        return "The hub has no secret key; set hub.secret_keys in config.yaml."
    if channel == Channel.EMAIL:
        if hub.config.mail is None:
            return NO_SERVER
        return None if user.email else "You have no email address; the account’s owner can add one."
    if channel == Channel.TEXT:
        phone = session.get(AlertPhone, user.id)
        return None if phone and phone.number and phone.verified_at else "Confirm your phone number first."
    if channel in OTHER_SYSTEMS:
        preference = session.get(AlertPreference, (user.id, company.id))
        is_set = (
            channel in open_chats(hub.keyring, preference)
            if channel in CHATS
            else preference and preference.webhook_sealed
        )
        return None if is_set else "Set the address first."
    mine = select(PushSubscription.id).where(PushSubscription.user_id == user.id)
    return None if session.exec(mine).first() else "Allow notifications in a browser first."


def queue_test(session: Session, hub: Hub, user: User, company: Company, channel: str) -> Alert:
    """Send a test alert by one channel, at once, quiet hours or not, within `session`. CannotDo says what is missing."""
    missing = why_no_channel(session, hub, user, company, channel)
    if missing is not None:
        raise CannotDo(missing)
    now = hub.clock()
    alert_id = new_id()
    alert = Alert(
        id=alert_id, account_id=user.account_id, user_id=user.id, company_id=company.id, kind="test",
        dedup_key=f"test/{alert_id}", at=now, seen_at=now, expires_at=now + ALERT_LIFETIME,
    )  # fmt: skip
    write_alert(session, alert, [channel], now, through_quiet=True)
    audit.note(session, now, user.id, "alerts.test", company.id, channel)
    return alert


def copy_alerts(session: Session, source_id: str, new_id: str, now: datetime) -> None:
    """Give each user who may see a new company the alert rules and preferences that they have for another one, within
    `session`. Webhook and chats stay with their company."""
    limited = set(session.exec(select(UserCompany.user_id)))
    seeing = set(session.exec(select(UserCompany.user_id).where(UserCompany.company_id == new_id)))

    def may_see(row: AlertRule | AlertPreference) -> bool:
        return row.user_id in seeing or row.user_id not in limited

    rules = session.exec(select(AlertRule).where(AlertRule.company_id == source_id)).all()
    preferences = session.exec(select(AlertPreference).where(AlertPreference.company_id == source_id)).all()
    session.add_all(
        AlertRule(
            **row.model_dump(exclude={"id", "company_id", "channels"}),
            company_id=new_id,
            channels=[each for each in row.channels if each not in OTHER_SYSTEMS],
        )
        for row in filter(may_see, rules)
    )
    session.add_all(
        AlertPreference(**row.model_dump(exclude=OF_ONE_COMPANY), company_id=new_id, digests_since=now)
        for row in filter(may_see, preferences)
    )


def _rule(user: User, company: Company, key: str, wanted: WantedKind) -> AlertRule:
    return AlertRule(
        account_id=user.account_id,
        user_id=user.id,
        company_id=company.id,
        kind=key,
        channels=[each for each in CHANNEL_NAMES if each in wanted.channels],
        threshold=threshold_of(key, wanted.threshold) or None,
    )


def _preference(session: Session, user: User, company: Company, now: datetime) -> AlertPreference:
    return session.get(AlertPreference, (user.id, company.id)) or AlertPreference(
        user_id=user.id,
        company_id=company.id,
        account_id=user.account_id,
        time_zone=company.time_zone,
        digests_since=now,
    )
