"""The voicemail boxes of companies: whose each is, what its callers hear, how many messages are new, and who is sent them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, distinct, exists, func
from sqlmodel import Session, col, select

from hub.answering.voicemail_boxes import OLDEST, StepOfFlow
from hub.config.callflow.definition import Messages, Voicemail
from hub.config.models import Config
from hub.model import (
    AlertPreference,
    AlertRule,
    AuditEntry,
    Call,
    CallStep,
    Company,
    FlowVersion,
    Greeting,
    Recording,
    User,
)
from hub.numbers.greetings import greetings_of
from hub.queries.flows.current import CurrentFlow, current_flows

EMAIL = "email"
"""The channel of alerts that sends the messages."""
HEARD = ("recording.listen", "recording.download", "recording.phone", "recording.transcript", "transcript.read")
"""What the audit log has of a message that somebody heard or read."""


@dataclass(frozen=True)
class Count:
    """The messages of the last 30 days that are stored, how many nobody has heard or read, and when the last was left."""

    messages: int = 0
    new: int = 0
    latest: datetime | None = None


@dataclass(frozen=True)
class SentTo:
    """A user who is sent the messages of a company by email; `with_sound`: with sound and transcript, where consent allows."""

    name: str
    with_sound: bool


@dataclass(frozen=True, kw_only=True)
class VoicemailBox:
    """One `voicemail` step of a flow that is in config.yaml now."""

    company: Company
    current: CurrentFlow
    step: str
    person: str | None
    """The name of the user whose it is, or the address in config.yaml if no user has it."""
    says: str | None
    """The text that is spoken; None if a sound is played."""
    greeting: Greeting | None
    """The uploaded greeting that is played; None for a text, a file, or one that is gone."""
    doors: tuple[str, ...]
    """The steps at which its messages are heard by phone, each after the PIN that it has."""
    count: Count
    sent_to: Sequence[SentTo]

    @property
    def key(self) -> str:
        """Names it in a form."""
        return f"{self.company.name}/{self.current.flow.name}/{self.step}"


def voicemail_boxes(
    session: Session, config: Config, companies: Collection[Company], now: datetime
) -> list[VoicemailBox]:
    """The boxes of some companies, in the order of config.yaml."""
    by_name = {each.name: each for each in companies}
    ids = [each.id for each in companies]
    greetings = {each.id: each for each in greetings_of(session, ids)}
    counts, sent_to = _counts(session, ids, now), _sent_to(session, ids)
    found = [
        (current, name, step)
        for current in current_flows(config, by_name)
        for name, step in current.flow.steps.items()
        if isinstance(step, Voicemail)
    ]
    names = _names(session, companies, [step.user for _, _, step in found if step.user])
    return [
        VoicemailBox(
            company=(company := by_name[current.company.name]),
            current=current,
            step=name,
            person=names.get((company.account_id, step.user), step.user) if step.user else None,
            says=step.say,
            greeting=greetings.get(step.greeting or ""),
            doors=tuple(
                other for other, each in current.flow.steps.items() if isinstance(each, Messages) and each.box == name
            ),
            count=counts.get((company.id, current.flow.name, name), Count()),
            sent_to=sent_to.get(company.id, ()),
        )
        for current, name, step in found
    ]


def _counts(session: Session, companies: Collection[str], now: datetime) -> Mapping[StepOfFlow, Count]:
    step: Any = CallStep
    recording: Any = Recording
    heard = exists().where(col(AuditEntry.subject) == recording.id, col(AuditEntry.action).in_(HEARD))
    rows = session.execute(
        select(
            step.company_id,
            FlowVersion.name,
            step.step,
            func.count(distinct(recording.id)),
            func.count(distinct(case((~heard, recording.id)))),
            func.max(recording.recorded_at),
        )  # type: ignore[call-overload]
        .join(Call, and_(Call.connector == step.connector, Call.carrier_call_id == step.carrier_call_id))
        .join(Recording, recording.call_id == Call.id)
        .join(FlowVersion, col(FlowVersion.number) == step.flow_version)
        .where(
            step.do == "voicemail",
            step.company_id.in_(companies),
            step.at > now - OLDEST,
            recording.kind == "voicemail",
            recording.path.is_not(None),
        )
        .group_by(step.company_id, FlowVersion.name, step.step)
    )
    return {(company, flow, name): Count(*figures) for company, flow, name, *figures in rows}


def _sent_to(session: Session, companies: Collection[str]) -> Mapping[str, Sequence[SentTo]]:
    preference: Any = AlertPreference
    mine = and_(preference.user_id == AlertRule.user_id, preference.company_id == AlertRule.company_id)
    rows = session.exec(
        select(AlertRule.company_id, AlertRule.channels, User.name, preference.attaches_messages)
        .join(User, col(User.id) == AlertRule.user_id)
        .outerjoin(AlertPreference, mine)
        .where(col(AlertRule.company_id).in_(companies), AlertRule.kind == "voicemail", col(User.disabled_at).is_(None))
        .order_by(User.name)
    )
    found: dict[str, list[SentTo]] = defaultdict(list)
    for company, channels, name, with_sound in rows:
        if EMAIL in channels:
            found[company].append(SentTo(name, bool(with_sound)))
    return found


def _names(session: Session, companies: Collection[Company], emails: Collection[str]) -> Mapping[tuple[str, str], str]:
    """By account and address: the name of the user who has it."""
    if not emails:
        return {}
    accounts = {each.account_id for each in companies}
    having = select(User.account_id, User.email, User.name).where(
        col(User.account_id).in_(accounts), func.lower(User.email).in_(emails)
    )
    return {(account, (email or "").lower()): name for account, email, name in session.exec(having)}
