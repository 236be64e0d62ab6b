"""Replay with fresh data: what a delivery would send if it were decided now, and sending that without counting twice.

The destination and the value come from config.yaml, the lead or the CRM's deal as they are now. Consent is asked again
before sending, as for every delivery. The network sees the same key as before.
- What the network certainly does not count is sent again in the same delivery.
- What it counts, or may count, keeps its destination; a new value goes out as a restatement behind it, and only if the
  network can restate. Otherwise the replay is refused with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlmodel import Session, col, select

from hub.config.destinations import destination_as_stored
from hub.config.models import ConversionRule
from hub.contracts.values import Money
from hub.delivery.changes import before_cut_over
from hub.delivery.replay import replay
from hub.errors import CannotDo
from hub.flow.case import Case
from hub.flow.case_loading import load_cases, load_past
from hub.flow.convert import (
    Converted,
    event_conversion,
    is_overruled,
    lead_conversion,
    matches,
    outcome_conversion,
    send,
    signal_conversion,
    surest,
)
from hub.flow.subjects import read_subjects
from hub.model import Attempt, ConsentDecision, ConversionRow, Delivery, Lead, OutcomeRow, SignalRow
from hub.model.conversions import UPLOAD
from hub.model.states import OPEN_DELIVERY_STATES, AttemptResult, DeliveryState, SubjectState
from hub.numbers.directory import Directory
from hub.reports.dirty_days import Change, mark_dirty
from hub.runtime import Hub
from hub.store import audit
from hub.store.journal import write_evidence
from hub.store.rows import write_rows

Step = Literal["rebuilt", "restated", "repeated_and_restated"]
"""`rebuilt`: the same delivery with fresh data. `restated`: a changed value behind what the network has.
`repeated_and_restated`: the delivery as it was, in case it never arrived, and the changed value behind it."""

ANSWERED = (DeliveryState.REJECTED, DeliveryState.ACCEPTED)
"""Results of a last try after which `rejected` is the network's own answer; diagnostics reject what was accepted."""


@dataclass(frozen=True)
class FreshPayload:
    """What a replay with fresh data sends, and how."""

    step: Step
    value: Money | None
    destination: Mapping[str, Any]


@dataclass(frozen=True)
class _Known:
    """A delivery with everything that decides on its replay, as it is now."""

    row: Delivery
    conversion: ConversionRow
    rule: ConversionRule
    case: Case
    wanted: ConversionRow


def fresh_payload(hub: Hub, session: Session, directory: Directory, row: Delivery) -> FreshPayload:
    """What a replay of `row` with fresh data would send now; CannotDo says why it is refused."""
    return _fresh(hub, session, _known(hub, session, directory, row))


def _fresh(hub: Hub, session: Session, known: _Known) -> FreshPayload:
    amount = known.wanted.amount
    value = Money(amount, known.wanted.currency or "USD") if amount is not None else None
    return FreshPayload(_step(hub, session, known), value, _destination(hub, known))


def _destination(hub: Hub, known: _Known) -> dict[str, object]:
    model = hub.plugins.connectors[known.row.connector].Destination
    return destination_as_stored(model, known.rule.send_to[known.row.connector])


def replay_fresh(hub: Hub, session: Session, directory: Directory, delivery_id: str, *, actor: str) -> FreshPayload:
    """Send a delivery with fresh data, within `session`, a writing one, with an audit entry; CannotDo says why not."""
    now = hub.clock()
    row = session.exec(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).one()
    known = _known(hub, session, directory, row)
    fresh = _fresh(hub, session, known)
    _rewrite(session, known, now)
    if fresh.step == "rebuilt":
        row.amount, row.currency = known.wanted.amount, known.wanted.currency
        row.destination = dict(fresh.destination)
        session.add(row)
    session.flush()
    if fresh.step != "restated":
        replay(session, [row.id], now, actor=actor, about=row.id)
    if fresh.step != "rebuilt":
        _restate(hub, session, known, now)
    audit.note(session, now, actor, "deliveries.replay_fresh", row.id, fresh.step)
    return fresh


def _known(hub: Hub, session: Session, directory: Directory, row: Delivery) -> _Known:
    if row.hook != UPLOAD:
        raise CannotDo(
            "A log entry of a call is always built from what is known when it is sent; send it again instead."
        )
    conversion = session.get(ConversionRow, row.conversion_id) if row.conversion_id else None
    if conversion is None:
        raise CannotDo("Its conversion is gone, so nothing can be built.")
    if row.kind == "retract" or conversion.retracted:
        raise CannotDo("The conversion was taken back, so there is nothing to send again.")
    rule = next((each for each in hub.config.conversions if each.name == conversion.rule), None)
    if rule is None or row.connector not in rule.send_to:
        to = hub.config.connector_title(row.connector)
        raise CannotDo(f"In config.yaml, no rule {conversion.rule!r} sends to {to} any more.")
    loaded = load_cases(session, directory, read_subjects(session, [row.subject_id]), hub.clock())
    load_past(session, loaded)
    cases = [case for case in loaded if case.subject.state != SubjectState.ERASED]
    if not cases or not hub.config.connectors[row.connector].serves(cases[0].company.name):
        raise CannotDo("The person was erased, or the connector no longer serves the company.")
    if row.kind == "new" and (sent := before_cut_over(hub.config, cases[0])):
        raise CannotDo(sent)
    return _Known(row, conversion, rule, cases[0], _wanted(session, rule, cases[0], conversion, hub.clock()))


def _wanted(
    session: Session, rule: ConversionRule, case: Case, conversion: ConversionRow, now: datetime
) -> ConversionRow:
    """The conversion as the rule makes it now; CannotDo if the rule's conditions no longer hold."""
    outcome = session.get(OutcomeRow, conversion.outcome_id) if conversion.outcome_id else None
    lead = session.get(Lead, case.subject.id) if rule.when.event == "lead" else None
    if rule.when.event == "signal":
        lead = session.get(Lead, case.subject.id)
        signal = surest(rule, session.exec(select(SignalRow).where(SignalRow.subject_id == case.subject.id)))
        if signal is not None and matches(rule, case, signal=signal) and not is_overruled(rule, lead):
            return signal_conversion(rule, case, signal, lead, now)
    if not matches(rule, case, outcome, lead):
        raise CannotDo(f"The conditions of the rule {rule.name!r} no longer hold, so it would send nothing.")
    if outcome is not None:
        return outcome_conversion(rule, case, outcome, now)
    return lead_conversion(rule, case, lead, now) if lead else event_conversion(rule, case, now)


def _step(hub: Hub, session: Session, known: _Known) -> Step:
    row, network = known.row, hub.config.connector_title(known.row.connector)
    same_item = (Delivery.connector == row.connector, Delivery.item_key == row.item_key)
    versions = list(session.exec(select(Delivery).where(*same_item).order_by(col(Delivery.made_at), col(Delivery.id))))
    if row.state == DeliveryState.UNMATCHED:
        raise CannotDo(f"{network} could not tie it to an ad, and could not now.")
    if any(each.state in OPEN_DELIVERY_STATES for each in versions):
        raise CannotDo("It, or a change of it, is still under way; wait until it has ended.")
    delivered = [each for each in versions if each.state == DeliveryState.DELIVERED]
    if not delivered and row.kind != "new":
        raise CannotDo("The network does not have the conversion itself; send that one first.")
    latest = delivered[-1] if delivered else row
    if not delivered and not _may_count(session, row):
        return "rebuilt"
    model = hub.plugins.connectors[row.connector].Destination
    if _destination(hub, known) != destination_as_stored(model, latest.destination):
        raise CannotDo(
            f"{network} counts it, or may count it, under its former destination; under the new one it would count "
            "twice."
        )
    if _value(latest) == _value(known.wanted):
        if delivered:
            raise CannotDo(f"{network} has exactly this already; sending it would change nothing.")
        return "rebuilt"
    if not hub.plugins.connectors[row.connector].manifest.takes("restate"):
        raise CannotDo(f"{network} cannot change the value of a conversion that it has or may have.")
    return "restated" if delivered else "repeated_and_restated"


def _may_count(session: Session, row: Delivery) -> bool:
    """Whether the network may count it although it did not end as delivered: a reply may have been lost. What the
    network itself refused in the last try, it does not count."""
    tried = select(Attempt).where(Attempt.delivery_id == row.id, Attempt.result != AttemptResult.UNTRIED)
    last = session.exec(tried.order_by(col(Attempt.started_at).desc(), col(Attempt.id).desc()).limit(1)).first()
    refused = row.state == DeliveryState.REJECTED and last is not None and last.result in ANSWERED
    return last is not None and not refused


def _value(row: Delivery | ConversionRow) -> tuple[Decimal | None, str | None]:
    return row.amount, row.currency if row.amount is not None else None


def _rewrite(session: Session, known: _Known, now: datetime) -> None:
    """Give the stored conversion its present value, for reports and for later changes."""
    conversion, wanted = known.conversion, known.wanted
    if _value(conversion) != _value(wanted):
        conversion.amount, conversion.currency = wanted.amount, wanted.currency
        mark_dirty(session, [Change(known.case.company.id, known.case.at)], now)
    session.add(conversion)


def _restate(hub: Hub, session: Session, known: _Known, now: datetime) -> None:
    """Write the changed value as a delivery of its own, behind the others of the conversion."""
    known.conversion.revision += 1
    session.add(known.conversion)
    session.flush()
    result = Converted()
    send(hub, known.rule, [(known.case, known.conversion)], now, result, "restate", only=known.row.connector)
    company = known.case.company
    rulings = [ruling.row for ruling in result.rulings]
    write_evidence(session, ConsentDecision, rulings, {known.case.subject.id: company.account_id})
    write_rows(session, Delivery, result.deliveries)


def replay_all_fresh(
    hub: Hub, session: Session, directory: Directory, ids: Sequence[str], *, actor: str
) -> tuple[int, dict[str, int]]:
    """The same for several deliveries: how many go out, and how many were refused, by reason. Each has its own audit
    entry."""
    sent, refused = 0, Counter[str]()
    for delivery_id in ids:
        try:
            replay_fresh(hub, session, directory, delivery_id, actor=actor)
        except CannotDo as error:
            refused[str(error)] += 1
        else:
            sent += 1
    return sent, dict(refused)
