"""Convert: the rules of config.yaml turn calls, texts, forms, leads and CRM outcomes into conversions, and each into
deliveries.

A conversion's deliveries are written in the transaction that decides it. If consent forbids a delivery, the delivery
is still written, in its final state `held`, with the rule that forbids it: nothing is ever merely missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from hub.config.models import ConversionRule
from hub.config.sections.conversion_values import FromEvent
from hub.contracts.conversions import CallActivity, Conversion
from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money
from hub.flow.case import Case
from hub.flow.consent import ConsentRequest, StoredDecision, ask_together
from hub.model import Call, ConversionRow, Delivery, FormSubmission, Lead, OutcomeRow, SignalRow, TextMessage
from hub.model.conversions import LOG, UPLOAD, conversion_key
from hub.model.imports import was_imported
from hub.model.states import DeliveryState
from hub.runtime import Hub

EVENTS: dict[type, str] = {Call: "call", TextMessage: "text", FormSubmission: "form"}
LATER_EVENTS = ("outcome", "lead", "signal")
"""Events that come after a call, text or form; other modules turn them into conversions (`settle`)."""
DECIDED = frozenset(LeadStatus) - {LeadStatus.NEW}
"""The lead statuses with which a user decides."""
OPT_WORDS = ("stop", "start", "help")
"""A text that says only one of these words is not a lead."""


FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=10)
"""How soon, and how late, a question is asked again that a consent plugin did not answer."""


def asked_again_at(made_at: datetime, now: datetime) -> datetime:
    """When to ask again about a delivery after a consent plugin did not answer: later and later, at most ten minutes."""
    return now + min(max((now - made_at) / 4, FIRST_WAIT), LONGEST_WAIT)


@dataclass
class Converted:
    """The results of a batch: conversions, deliveries, and the consent rulings on them."""

    conversions: list[ConversionRow] = field(default_factory=list)
    retracted: list[ConversionRow] = field(default_factory=list)
    """Earlier conversions that are retracted."""
    deliveries: list[Delivery] = field(default_factory=list)
    rulings: list[StoredDecision] = field(default_factory=list)


def convert(hub: Hub, cases: Sequence[Case], now: datetime) -> Converted:
    """Conversions and CRM entries of texts, forms, and calls that are over. A repetition produces the same keys."""
    result, planned = Converted(), list[_Planned]()
    ready = [case for case in cases if not isinstance(case.subject, Call) or case.subject.over]
    for rule in hub.config.conversions:
        if rule.when.event in LATER_EVENTS:
            continue
        made = [(case, event_conversion(rule, case, now)) for case in ready if matches(rule, case)]
        result.conversions += [row for case, row in made if row.key not in case.converted]
        planned += _plan(hub, rule, [(case, case.converted.get(row.key, row)) for case, row in made], now)
        planned += _take_back(hub, rule, ready, now, result)
    calls = [case for case in ready if isinstance(case.subject, Call)]
    for name in hub.plugins.with_hook(LOG):
        served = [
            case
            for case in calls
            if hub.config.connectors[name].serves(case.company.name)
            and (name, f"call:{case.subject.id}") not in case.sent_to
        ]
        if served:
            rows = [
                Delivery.to_write(
                    connector=name,
                    hook=LOG,
                    dedup_key=f"call:{case.subject.id}",
                    item_key=case.subject.id,
                    subject_id=case.subject.id,
                    company_id=case.company.id,
                    due_at=now,
                    made_at=now,
                )
                for case in served
            ]
            planned.append(_Planned(ConsentRequest(name, LOG, CallActivity, served), rows))
    _decide(hub, planned, now, result)
    return result


def _take_back(
    hub: Hub, rule: ConversionRule, cases: Sequence[Case], now: datetime, result: Converted
) -> Iterable[_Planned]:
    """Retract what a rule for first calls made from a call before an earlier call of the person turned up."""
    if not rule.when.first_time_caller:
        return ()
    known = [(case, case.converted.get(conversion_key(rule.name, case.subject.id))) for case in cases]
    wrong = [(case, row) for case, row in known if row is not None and not row.retracted and case.has_earlier_call]
    for _, row in wrong:
        row.retracted, row.revision = True, row.revision + 1
    result.retracted += [row for _, row in wrong]
    return list(_plan(hub, rule, wrong, now, "retract"))


def matches(
    rule: ConversionRule,
    case: Case,
    outcome: OutcomeRow | None = None,
    lead: Lead | None = None,
    signal: SignalRow | None = None,
) -> bool:
    """Whether all conditions of the rule's `when:` hold for a call, a text, a form, or an outcome, a lead or a signal that
    goes back to one. No condition holds for spam, nor for what was imported: the service before this hub has reported it."""
    when, subject = rule.when, case.subject
    later = {"outcome": outcome, "signal": signal, "lead": lead}
    event = next((name for name, row in later.items() if row is not None), EVENTS[type(subject)])
    if (
        case.is_spam
        or was_imported(subject)
        or when.event != event
        or (event == "text" and isinstance(subject, TextMessage) and subject.meaning in OPT_WORDS)
    ):
        return False
    attribution = case.attribution
    wanted: list[tuple[object, object]] = [
        (when.company, case.company.name),
        (when.tracker, case.tracker.name if case.tracker else None),
        (when.form, subject.form_id if isinstance(subject, FormSubmission) else None),
        (when.source, attribution.source if attribution else None),
        (when.medium, attribution.medium if attribution else None),
        (when.first_time_caller, not case.has_earlier_call if case.person else None),
        (when.answered, isinstance(subject, Call) and subject.answered),
        (when.stage, outcome.stage if outcome else None),
        (when.name, signal.name if signal else None),
    ]
    if any(want is not None and want != have for want, have in wanted):
        return False
    if when.status is not None and (lead is None or lead.status not in when.status):
        return False
    if when.confidence is not None and (signal is None or signal.confidence < when.confidence):
        return False
    if when.min_duration is None:
        return True
    lasted = subject.duration if isinstance(subject, Call) else None
    return lasted is not None and lasted >= when.min_duration.total_seconds()


def send(
    hub: Hub,
    rule: ConversionRule,
    made: Sequence[tuple[Case, ConversionRow]],
    now: datetime,
    result: Converted,
    kind: Literal["new", "restate", "retract"] = "new",
    only: str | None = None,
) -> None:
    """Write one delivery for each conversion and each destination of its rule that serves the company, and that takes
    deliveries of this `kind`; `only` names the one connector that gets it."""
    _decide(hub, list(_plan(hub, rule, made, now, kind, only)), now, result)


@dataclass(frozen=True, slots=True)
class _Planned:
    """The deliveries to one connector, one for each case that is asked about."""

    request: ConsentRequest
    rows: Sequence[Delivery]


def _decide(hub: Hub, planned: Sequence[_Planned], now: datetime, result: Converted) -> None:
    """Write the deliveries by what consent says of them: all questions are asked together."""
    for each, rulings in zip(
        planned, ask_together(hub, [each.request for each in planned], "decide", now), strict=True
    ):
        result.rulings += rulings
        result.deliveries += [_decided(row, ruling, now) for row, ruling in zip(each.rows, rulings, strict=True)]


def _plan(
    hub: Hub,
    rule: ConversionRule,
    made: Sequence[tuple[Case, ConversionRow]],
    now: datetime,
    kind: Literal["new", "restate", "retract"] = "new",
    only: str | None = None,
) -> Iterator[_Planned]:
    for name, destination in rule.send_to.items():
        if only not in (None, name) or not hub.plugins.connectors[name].manifest.takes(kind):
            continue
        served = [
            (case, row)
            for case, row in made
            if hub.config.connectors[name].serves(case.company.name)
            and (name, _upload_key(row, kind)) not in case.sent_to
        ]
        if served:
            rows = [
                Delivery.to_write(
                    connector=name,
                    hook=UPLOAD,
                    dedup_key=_upload_key(row, kind),
                    item_key=row.key,
                    kind=kind,
                    conversion_id=row.id,
                    subject_id=case.subject.id,
                    company_id=case.company.id,
                    amount=row.amount,
                    currency=row.currency,
                    destination=dict(destination),
                    due_at=now,
                    made_at=now,
                )
                for case, row in served
            ]
            yield _Planned(ConsentRequest(name, UPLOAD, Conversion, [case for case, _ in served]), rows)


def outcome_conversion(rule: ConversionRule, case: Case, outcome: OutcomeRow, now: datetime) -> ConversionRow:
    """The conversion that `rule` makes from a CRM's outcome."""
    from_outcome = Money(outcome.amount, outcome.currency or "USD") if outcome.amount is not None else None
    value = from_outcome if rule.value == "from outcome" else rule.value
    return _row(rule, case, f"{outcome.connector}/{outcome.external_id}", outcome.occurred_at, value, now, outcome.id)


def lead_conversion(rule: ConversionRule, case: Case, lead: Lead | None, now: datetime) -> ConversionRow:
    """The conversion that `rule` makes from a lead; without a lead, only its key means anything."""
    has_value = lead is not None and lead.amount is not None and lead.currency is not None
    from_lead = Money(lead.amount, lead.currency) if has_value else None  # type: ignore[union-attr, arg-type]
    value = from_lead if rule.value == "from lead" else rule.value
    return _row(rule, case, case.subject.id, lead.marked_at if lead else now, value, now, None)


def is_overruled(rule: ConversionRule, lead: Lead | None) -> bool:
    """Whether a user's mark says otherwise than the signal of a rule: that the call is not a lead, or another lead status than
    the signal's name. `new` says nothing yet."""
    name, marked = rule.when.name, lead.status if lead is not None else ""
    decides = marked == LeadStatus.NOT_A_LEAD or (marked in DECIDED and name in DECIDED)
    return decides and marked != name


def surest(rule: ConversionRule, signals: Iterable[SignalRow]) -> SignalRow | None:
    """Of a call's signals the surest with the name that a rule asks for."""
    return max(
        (each for each in signals if each.name == rule.when.name), key=lambda each: each.confidence, default=None
    )


def signal_conversion(
    rule: ConversionRule, case: Case, signal: SignalRow | None, lead: Lead | None, now: datetime
) -> ConversionRow:
    """The conversion that `rule` makes from a signal; a value that a user gave comes before the one that was spoken of."""
    spoken = rule.value == "from signal"
    valued = next((each for each in (lead, signal) if each and each.amount is not None and each.currency), None)
    value = Money(valued.amount, valued.currency) if spoken and valued else rule.value  # type: ignore[arg-type]
    return _row(rule, case, case.subject.id, case.at, value, now, None)


def _upload_key(row: ConversionRow, kind: str) -> str:
    return f"{row.key}:new" if kind == "new" else f"{row.key}:{kind}:{row.revision}"


def event_conversion(rule: ConversionRule, case: Case, now: datetime) -> ConversionRow:
    """The conversion that `rule` makes from a call, a text or a form itself."""
    value = rule.value if isinstance(rule.value, Money) else None
    return _row(rule, case, case.subject.id, case.at, value, now, None)


def _row(
    rule: ConversionRule,
    case: Case,
    about: str,
    occurred_at: datetime,
    value: Money | FromEvent | None,
    now: datetime,
    outcome_id: str | None,
) -> ConversionRow:
    amount: Decimal | None = value.amount if isinstance(value, Money) else None
    return ConversionRow(
        key=conversion_key(rule.name, about),
        company_id=case.company.id,
        subject_id=case.subject.id,
        person_id=case.person.id if case.person else None,
        outcome_id=outcome_id,
        rule=rule.name,
        occurred_at=occurred_at,
        amount=amount,
        currency=value.currency if isinstance(value, Money) else None,
        made_at=now,
    )


def _decided(delivery: Delivery, ruling: StoredDecision, now: datetime) -> Delivery:
    delivery.decision_id = ruling.row.id
    if not ruling.allowed:
        if ruling.is_unanswered:
            delivery.due_at = asked_again_at(delivery.made_at, now)
        else:
            delivery.state, delivery.finished_at = DeliveryState.HELD, now
        delivery.code, delivery.reason = ruling.decision.ruling.rule_id, ruling.decision.ruling.reason
    return delivery
