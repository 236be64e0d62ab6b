"""The last part of a timeline: conversions, consent decisions, deliveries with every attempt, and disclosures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from hub.contracts.manifest import CANNOT
from hub.contracts.titles import readable
from hub.model import Attempt, ConsentDecision, ConversionRow, Delivery, Disclosure, Lead, OutcomeRow
from hub.model.states import DeliveryState
from hub.queries.conversions.drift import COUNTS, differs
from hub.queries.timeline.entries import Entry, NameOf

MOMENTS = {
    "decide": "decided",
    "send": "asked again before sending",
    "call": "asked before the call back",
    "answer": "asked while the caller waited",
    "hear": "asked before a transcription",
}


def decision_entry(row: ConsentDecision, name_of: NameOf) -> Entry:
    """A consent decision: the recipient, the purpose, and each regime's opinion."""
    when = MOMENTS.get(row.moment, row.moment)
    details = [f"{when}; purpose: {readable(row.use)}; data: {_kinds(row.categories)}"]
    if len(row.opinions) != 1:
        details.append(f"decided by {row.rule_id}: {row.reason}")
    details += [
        f"{name_of(each['connector'])} says {each['verdict']} ({each['rule']}): {each['reason']}"
        for each in row.opinions
    ]
    data: dict[str, object] = {
        "moment": row.moment,
        "recipient": row.connector,
        "use": row.use,
        "categories": row.categories,
        "rule": row.rule_id,
        "reason": row.reason,
        "opinions": row.opinions,
        "id": row.id,
    }
    return Entry(row.decided_at, "consent", f"to {name_of(row.connector)}", tuple(details), row.verdict, data)


def conversion_entry(row: ConversionRow) -> Entry:
    """A conversion, by the rule of config.yaml that made it."""
    taken_back = "; taken back since" if row.retracted else ""
    changed = f"; its value was changed {row.revision - 1} times" if row.revision > 1 else ""
    data: dict[str, object] = {"key": row.key, "rule": row.rule, "amount": row.amount, "currency": row.currency}
    data |= {"retracted": row.retracted, "revision": row.revision, "occurred_at": row.occurred_at}
    text = f"{row.rule}{worth(row.amount, row.currency)}"
    return Entry(row.made_at, "convert", text, (f"key {row.key}{changed}{taken_back}",), None, data)


def delivery_entries(session: Session, deliveries: Sequence[Delivery], name_of: NameOf) -> Iterator[Entry]:
    """Each delivery, from the decision through every attempt to its end."""
    tries: dict[str, list[Attempt]] = {}
    query = select(Attempt).where(col(Attempt.delivery_id).in_([each.id for each in deliveries]))
    for attempt in session.exec(query.order_by(col(Attempt.started_at), col(Attempt.id))):
        tries.setdefault(attempt.delivery_id, []).append(attempt)
    for row in deliveries:
        what = f"{name_of(row.connector)}: {_what(row)}"
        yield Entry(row.made_at, "deliver", f"{what} is queued", (f"delivery {row.id}",), None, _delivery(row, "made"))
        mine = tries.get(row.id, [])
        for number, attempt in enumerate(mine, 1):
            data = _delivery(row, "try") | {"number": number, "code": attempt.code, "reason": attempt.reason}
            state = "retry" if attempt.result == DeliveryState.READY else attempt.shown_result
            said = _said(attempt.code, attempt.reason)
            yield Entry(attempt.started_at, "deliver", f"{what}, try {number}", said, state, data)
        yield _present(row, what)


def _present(row: Delivery, what: str) -> Entry:
    """A delivery's current state: how it ended, or what it waits for."""
    said = _said(row.code, row.reason)
    if row.reference:
        said += (f"its reference there: {row.reference}",)
    data = _delivery(row, "state") | {"code": row.code, "reason": row.reason, "reference": row.reference}
    if row.finished_at is not None:
        return Entry(row.finished_at, "deliver", f"{what} ended", said, row.shown_state, data)
    said += (f"due {row.due_at:%Y-%m-%d %H:%M:%S}",)
    at = row.accepted_at or row.first_tried_at or row.made_at
    return Entry(at, "deliver", f"{what} waits", said, row.state, data | {"due_at": row.due_at})


def _said(code: str | None, reason: str | None) -> tuple[str, ...]:
    return (" ".join(filter(None, (code, reason))),) if code or reason else ()


def _delivery(row: Delivery, step: str) -> dict[str, object]:
    return {"step": step, "delivery": row.id, "connector": row.connector, "hook": row.hook, "key": row.item_key}


def _what(row: Delivery) -> str:
    if row.hook == "log_calls":
        return "the call's log entry"
    kinds = {"new": "conversion", "restate": "changed value", "retract": "retraction"}
    return f"{kinds.get(row.kind, row.kind)} {row.item_key}"


def drift_entries(
    session: Session, conversions: Sequence[ConversionRow], deliveries: Sequence[Delivery], name_of: NameOf
) -> Iterator[Entry]:
    """What a network cannot change of the conversions: it counts them as it got them."""
    for now in conversions:
        mine = sorted(
            (each for each in deliveries if each.conversion_id == now.id), key=lambda row: (row.made_at, row.id)
        )
        for sent in {each.connector: each for each in mine}.values():
            if now.revision > 1 and sent.state in COUNTS and differs(now, sent):
                kind = "retract" if now.retracted else "restate"
                data = _delivery(sent, "drift") | {
                    "cannot": CANNOT[kind],
                    "amount": sent.amount,
                    "currency": sent.currency,
                }
                at = max(sent.finished_at or sent.made_at, _changed_at(session, now))
                counts = (f"counts there{worth(sent.amount, sent.currency)}",)
                yield Entry(at, "deliver", f"{name_of(sent.connector)} {CANNOT[kind]}", counts, None, data)


def _changed_at(session: Session, row: ConversionRow) -> datetime:
    """When the conversion changed: with the CRM's deal or the lead behind it."""
    outcome = session.get(OutcomeRow, row.outcome_id) if row.outcome_id else None
    lead = session.get(Lead, row.subject_id)
    return outcome.changed_at if outcome else lead.marked_at if lead else row.made_at


def disclosure_entry(row: Disclosure, name_of: NameOf) -> Entry:
    """A disclosure: the recipient, the categories, the purpose and the decision."""
    data: dict[str, object] = {
        "recipient": row.recipient,
        "connector": row.connector,
        "use": row.use,
        "categories": row.categories,
    }
    data |= {"decision": row.decision_id, "delivery": row.delivery_id}
    text = f"{row.recipient} got {_kinds(row.categories)}"
    return Entry(
        row.disclosed_at,
        "disclose",
        text,
        (f"through {name_of(row.connector)}; purpose: {readable(row.use)}",),
        None,
        data,
    )


def _kinds(categories: Sequence[str]) -> str:
    return ", ".join(map(readable, categories)) or "nothing personal"


def worth(amount: Decimal | None, currency: str | None) -> str:
    """`, 40 USD`, or an empty text without a value."""
    return f", {amount.normalize():f} {currency or ''}".rstrip() if amount is not None else ""


def story(session: Session, delivery: Delivery, name_of: NameOf) -> Iterator[Entry]:
    """Everything about one delivery: its conversion, its consent decision, each attempt, and what was disclosed."""
    conversion = session.get(ConversionRow, delivery.conversion_id) if delivery.conversion_id else None
    if conversion is not None:
        yield conversion_entry(conversion)
    decided = session.get(ConsentDecision, delivery.decision_id) if delivery.decision_id else None
    if decided is not None:
        yield decision_entry(decided, name_of)
        again = select(ConsentDecision).where(
            ConsentDecision.subject_id == delivery.subject_id,
            ConsentDecision.connector == delivery.connector,
            ConsentDecision.use == decided.use,
            ConsentDecision.moment == "send",
            ConsentDecision.decided_at >= delivery.made_at,
        )
        for row in session.exec(again.order_by(col(ConsentDecision.id))):
            yield decision_entry(row, name_of)
    yield from delivery_entries(session, [delivery], name_of)
    if conversion is not None:
        same = select(Delivery).where(Delivery.conversion_id == conversion.id, Delivery.connector == delivery.connector)
        yield from drift_entries(session, [conversion], session.exec(same).all(), name_of)
    for disclosure in session.exec(select(Disclosure).where(Disclosure.delivery_id == delivery.id)):
        yield disclosure_entry(disclosure, name_of)
