"""Where a lead goes: which recipients hear of a call, text or form that is marked as a lead, what each gets, and what it waits
for. What was not sent yet is what the delivery itself would do now (`dry_run`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from hub.config.models import Config, ConversionRule
from hub.contracts.conversions import UNVERIFIABLE
from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money
from hub.flow.subjects import read_subjects
from hub.marks.spam import spam_among
from hub.model import ConversionRow, Delivery, Lead, LeadChange
from hub.model.conversions import UPLOAD
from hub.model.imports import was_imported
from hub.model.states import DeliveryState, WorkState
from hub.numbers.directory import Directory
from hub.queries.conversions.dry_run import DryRunItem, dry_run_of
from hub.queries.conversions.events import RuleEvent
from hub.reports.touches import MARKED_LEADS
from hub.runtime import Hub

GOES = "goes"
"""The state of what will be sent. The others are `Says`: what stops it; or those of a delivery."""
PASSED_OVER = "passed_over"
"""The state of what would be sent, but the lead was marked before a rule counted it."""
GOING = (GOES, DeliveryState.READY, DeliveryState.LEASED)
TAKEN = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, UNVERIFIABLE)
SPAM = "It is spam, and no rule counts spam."
IMPORTED = "It was imported, and the service before this hub has reported it."
NO_RULE = "No rule counts leads."
NOT_COUNTED = "No rule counts this lead."


@dataclass(frozen=True, kw_only=True)
class LeadRecipient:
    """One connector that a lead goes to."""

    connector: str
    name: str
    """The recipient's name."""
    rule: str
    state: str
    """GOES, what stops it (`consent`, `provider`, `limit`, `company`), or the state of its delivery."""
    reason: str = ""
    value: Money | None = None
    with_click: bool = False
    """Whether it gets the id of the ad's click."""


@dataclass(frozen=True, kw_only=True)
class LeadRecipients:
    """Where a contact goes as a lead. `status` is the one that is looked at: as it is marked, or as it may be."""

    status: LeadStatus
    is_marked: bool
    recipients: Sequence[LeadRecipient] = ()
    reason: str = ""
    """Why nobody hears of it, if no rule counts it."""

    @property
    def lacks_rule(self) -> bool:
        """Whether no rule counts a lead of the company that is qualified or booked."""
        return self.reason == NO_RULE

    def in_state(self, *states: str) -> list[str]:
        """The names of the recipients in some states, each once."""
        return list(dict.fromkeys(each.name for each in self.recipients if each.state in states))


def lead_recipients(
    hub: Hub,
    directory: Directory,
    subject_id: str,
    company: str,
    lead: Lead | None,
    typed: tuple[LeadStatus, Money | None] | None = None,
) -> LeadRecipients:
    """Where a call, text or form of `company` (a name), which the reader must be permitted to see, goes as it is marked, or as
    `typed` says; if it is not marked, where it would go once it is."""
    rules = lead_rules(hub.config.conversions, company)
    status, value = typed or _as_marked(lead, rules)
    counting = [rule for rule in rules if rule.when.status is None or status in rule.when.status]
    served = [name for rule in counting for name in rule.send_to if hub.config.connectors[name].serves(company)]
    is_marked = lead is not None and lead.status == status
    if not served:
        reason = NOT_COUNTED if any(map(counts_good, rules)) else NO_RULE
        return LeadRecipients(status=status, is_marked=is_marked, reason=reason)
    now = hub.clock()
    supposed = Lead(
        subject_id=subject_id, company_id="", status=status, marked_at=now, marked_by="",
        amount=value.amount if value else None, currency=value.currency if value else None,
    )  # fmt: skip
    items = dry_run_of(hub, directory, counting, [RuleEvent(at=now, subject_id=subject_id, lead=supposed)])
    with hub.store.reading() as session:
        sent = _sent(session, subject_id, [rule.name for rule in counting]) if is_marked else {}
        is_passed_over = is_marked and not _is_waiting(session, subject_id)
    found = {(each.rule, each.connector): each for each in items if each.connector}
    recipients = [
        _recipient(hub, rule, connector, found.get((rule, connector)), sent.get((rule, connector)))
        for rule, connector in {**found, **sent}
    ]
    if is_passed_over:
        recipients = [replace(each, state=PASSED_OVER) if each.state == GOES else each for each in recipients]
    reason = "" if recipients else _unmatched(hub, subject_id)
    return LeadRecipients(status=status, is_marked=is_marked, recipients=recipients, reason=reason)


def leads_go_to(hub: Hub, directory: Directory, subjects: Mapping[str, str], status: LeadStatus) -> dict[str, set[str]]:
    """The connectors to which each of some calls, texts and forms (id → its company's name) goes once it is marked so; of who
    hears nothing, an empty set."""
    now, going = hub.clock(), {subject: set[str]() for subject in subjects}
    for company in sorted(set(subjects.values())):
        rules = [
            rule for rule in lead_rules(hub.config.conversions, company) if status in (rule.when.status or LeadStatus)
        ]
        leads = [
            Lead(subject_id=subject, company_id="", status=status, marked_at=now, marked_by="")
            for subject, its in subjects.items()
            if its == company
        ]
        events = [RuleEvent(at=now, subject_id=lead.subject_id, lead=lead) for lead in leads]
        for item in dry_run_of(hub, directory, rules, events) if rules else ():
            if item.connector is not None and item.refusal is None:
                going[item.subject_id].add(item.connector)
    return going


def recipients_of_leads(config: Config, company: str) -> list[str]:
    """The connectors that a lead of a company may go to."""
    rules = [rule for rule in lead_rules(config.conversions, company) if counts_good(rule)]
    return list(
        dict.fromkeys(name for rule in rules for name in rule.send_to if config.connectors[name].serves(company))
    )


def lead_rules(rules: Sequence[ConversionRule], company: str) -> list[ConversionRule]:
    """The rules that may count a lead of a company."""
    return [rule for rule in rules if rule.when.event == "lead" and rule.when.company in (None, company)]


def _is_waiting(session: Session, subject_id: str) -> bool:
    """Whether the rules have yet to look at a change of the lead."""
    changes = select(LeadChange.id).where(LeadChange.subject_id == subject_id, LeadChange.state != WorkState.DONE)
    return session.exec(changes.limit(1)).first() is not None


def counts_good(rule: ConversionRule) -> bool:
    """Whether a rule counts a lead that is qualified or booked."""
    return rule.when.status is None or not set(MARKED_LEADS).isdisjoint(rule.when.status)


def _unmatched(hub: Hub, subject_id: str) -> str:
    """Why no rule counts a lead although some count such a status."""
    with hub.store.reading() as session:
        if any(map(was_imported, read_subjects(session, [subject_id]))):
            return IMPORTED
        return SPAM if spam_among(session, [subject_id]) else NOT_COUNTED


def _as_marked(lead: Lead | None, rules: Sequence[ConversionRule]) -> tuple[LeadStatus, Money | None]:
    """The present status and value; of what is not marked, the status that a rule counts first."""
    if lead is not None and lead.status:
        has_value = lead.amount is not None and lead.currency is not None
        value = Money(lead.amount, lead.currency) if has_value else None  # type: ignore[arg-type]
        return LeadStatus(lead.status), value
    counted = next((rule.when.status for rule in rules if rule.when.status), ())
    return (LeadStatus.QUALIFIED if not counted or LeadStatus.QUALIFIED in counted else counted[0]), None


def _sent(session: Session, subject_id: str, rules: Sequence[str]) -> Mapping[tuple[str, str], Delivery]:
    """(rule, connector) → the newest delivery of the contact's conversion by that rule."""
    query = (
        select(ConversionRow.rule, Delivery)
        .join(Delivery, col(Delivery.conversion_id) == ConversionRow.id)
        .where(ConversionRow.subject_id == subject_id, col(ConversionRow.rule).in_(rules), Delivery.hook == UPLOAD)
        .where(col(ConversionRow.retracted).is_(False))
        .order_by(col(Delivery.made_at), col(Delivery.id))
    )
    return {(rule, delivery.connector): delivery for rule, delivery in session.exec(query)}


def _recipient(
    hub: Hub, rule: str, connector: str, item: DryRunItem | None, delivery: Delivery | None
) -> LeadRecipient:
    """What was sent says more than what would be sent."""
    known = hub.plugins.connectors.get(connector)
    conversion = item.conversion if item else None
    about = LeadRecipient(
        connector=connector,
        name=known.manifest.label if known else connector,
        rule=rule,
        state=GOES,
        with_click=bool(conversion and conversion.click_ids),
    )
    if delivery is not None:
        has_value = delivery.amount is not None and delivery.currency is not None
        value = Money(delivery.amount, delivery.currency) if has_value else None  # type: ignore[arg-type]
        return replace(about, state=delivery.shown_state, reason=delivery.reason or "", value=value)
    assert item is not None
    no = item.refusal
    return replace(about, state=no.says if no else GOES, reason=no.reason if no else "", value=item.value)
