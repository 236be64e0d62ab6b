"""Settle: conversions from what comes after a call, text or form (CRM outcomes, leads) are made, restated or retracted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, update

from hub.config.models import ConversionRule
from hub.flow.case import Case
from hub.flow.convert import Converted, send
from hub.model import ConsentDecision, ConversionRow, Delivery
from hub.model.conversions import TAKEN_BACK
from hub.model.states import DeliveryState
from hub.reports.dirty_days import Change, mark_dirty
from hub.runtime import Hub
from hub.store.journal import write_evidence
from hub.store.rows import write_rows


@dataclass(frozen=True)
class Wanted:
    """The conversion that a rule makes of an event now."""

    rule: ConversionRule
    case: Case
    row: ConversionRow
    fits: bool
    """Whether the rule's conditions hold; if not, a conversion with this key is retracted."""


Kind = Literal["new", "restate", "retract"]


def settle(hub: Hub, session: Session, wanted: Sequence[Wanted], now: datetime) -> Counter[str]:
    """Make the stored conversions agree with the wanted ones within `session`, a writing one, and write what is sent
    because of it. A repetition changes nothing. Returns how many `conversions` and `changes` there were.
    """
    result = Converted()
    tally: Counter[str] = Counter()
    due: dict[tuple[str, Kind], tuple[ConversionRule, list[tuple[Case, ConversionRow]]]] = {}
    for each in wanted:
        step = _step(session, each, result)
        if step is not None:
            row, kind = step
            due.setdefault((each.rule.name, kind), (each.rule, []))[1].append((each.case, row))
            tally["conversions" if kind == "new" else "changes"] += 1
    for (_, kind), (rule, made) in due.items():
        send(hub, rule, made, now, result, kind)
        if kind == "restate":
            _send_after_all(session, [row for _, row in made], now)
    session.flush()
    accounts = {each.case.subject.id: each.case.company.account_id for each in wanted}
    write_evidence(session, ConsentDecision, [ruling.row for ruling in result.rulings], accounts)
    write_rows(session, ConversionRow, result.conversions)
    write_rows(session, Delivery, result.deliveries)
    changed = [case for _, made in due.values() for case, _ in made]
    mark_dirty(session, [Change(case.company.id, case.at) for case in changed], now)
    return tally


def _send_after_all(session: Session, conversions: Sequence[ConversionRow], now: datetime) -> None:
    """What was held because its conversion was taken back becomes due, because the conversion counts again."""
    held = (Delivery.code == TAKEN_BACK, Delivery.state == DeliveryState.HELD)
    mine = col(Delivery.conversion_id).in_([each.id for each in conversions])
    due = {"state": DeliveryState.READY, "due_at": now, "finished_at": None, "code": None, "reason": None}
    session.exec(update(Delivery).where(*held, mine).values(**due))  # type: ignore[arg-type]


def _step(session: Session, wanted: Wanted, result: Converted) -> tuple[ConversionRow, Kind] | None:
    """The conversion to send and how; None if the stored one is right."""
    known = wanted.case.converted.get(wanted.row.key)
    if known is None:
        if not wanted.fits:
            return None
        result.conversions.append(wanted.row)
        wanted.case.converted[wanted.row.key] = wanted.row
        return wanted.row, "new"
    if not _differs(known, wanted):
        return None
    if wanted.fits:
        known.amount, known.currency = wanted.row.amount, wanted.row.currency
    known.retracted, known.revision = not wanted.fits, known.revision + 1
    session.add(known)
    return known, "restate" if wanted.fits else "retract"


def _differs(known: ConversionRow, wanted: Wanted) -> bool:
    if known.retracted:
        return wanted.fits
    return not wanted.fits or (known.amount, known.currency) != (wanted.row.amount, wanted.row.currency)
