"""Outcomes: what a CRM says became of a caller comes back, meets its call, and becomes or changes conversions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.assembly import Hub
from hub.contracts.outcomes import Outcome
from hub.contracts.values import Money
from hub.flow.case import Case, load_cases, load_past
from hub.flow.convert import Converted, matches, outcome_conversion, send
from hub.model import Call, ConsentDecision, ConversionRow, Delivery, OutcomeRow, Person
from hub.model.columns import CALL_LIFE, storable
from hub.numbers.directory import Directory
from hub.reports.marks import Change, mark
from hub.store.connectors import move_cursor, read_cursor
from hub.store.rows import write_rows

STREAM = "outcomes"
LOOK_BACK = timedelta(days=180)
"""How long before an outcome its call may lie."""
CALL_AFTER = timedelta(days=1)
"""A deal is often opened before the call that closed it."""
MOST_WAITING = 500
MOST = 10**10
"""Of any currency: deals worth more are slips of the keyboard, and count without a value."""


def pull_outcomes(hub: Hub, directory: Directory, connector: str) -> Counter[str]:
    """Read all outcomes since the cursor; each page is kept in one transaction with its cursor."""
    tally: Counter[str] = Counter()
    with hub.store.reading() as session:
        cursor = read_cursor(session, connector, STREAM)
    while True:
        page = hub.plugins.pull_outcomes(connector, cursor)
        tally += _keep(hub, directory, connector, page.outcomes, page.cursor)
        if not page.more or page.cursor == cursor:
            break
        cursor = page.cursor
    tally += _meet_waiting(hub, directory, connector)
    return tally


def _keep(
    hub: Hub, directory: Directory, connector: str, outcomes: Sequence[Outcome], cursor: str | None
) -> Counter[str]:
    now = hub.clock()
    tally: Counter[str] = Counter()
    with hub.store.writing() as session:
        rows = [_upsert(session, connector, outcome) for outcome in outcomes]
        for row in rows:
            _meet(hub, session, directory, row)
        _convert(hub, session, directory, rows, now, tally)
        move_cursor(session, connector, STREAM, cursor, now)
    tally["outcomes"] += len(outcomes)
    return tally


def _meet_waiting(hub: Hub, directory: Directory, connector: str) -> Counter[str]:
    """Deals that were known before their call: look for it again."""
    now = hub.clock()
    tally: Counter[str] = Counter()
    waiting = (
        select(OutcomeRow)
        .where(
            OutcomeRow.connector == connector,
            col(OutcomeRow.call_id).is_(None),
            OutcomeRow.changed_at > now - CALL_AFTER * 7,
        )
        .limit(MOST_WAITING)
    )
    with hub.store.reading() as session:
        if session.exec(waiting).first() is None:
            return tally
    with hub.store.writing() as session:
        rows = list(session.exec(waiting))
        met = [row for row in rows if _meet(hub, session, directory, row)]
        _convert(hub, session, directory, met, now, tally)
    return tally


def _upsert(session: Session, connector: str, outcome: Outcome) -> OutcomeRow:
    row = session.exec(
        select(OutcomeRow).where(OutcomeRow.connector == connector, OutcomeRow.external_id == outcome.external_id)
    ).first() or OutcomeRow(
        connector=connector,
        external_id=outcome.external_id,
        stage=outcome.stage,
        occurred_at=outcome.occurred_at,
        changed_at=outcome.changed_at,
        expires_at=outcome.changed_at + CALL_LIFE,
    )
    if row.changed_at <= outcome.changed_at:
        row.stage, row.occurred_at, row.changed_at = storable(outcome.stage), outcome.occurred_at, outcome.changed_at
        value = outcome.value if _plausible(outcome.value) else None
        row.amount, row.currency = (value.amount, value.currency) if value else (None, None)
        row.contact = {"phone_numbers": list(outcome.phone_numbers), "call_key": outcome.call_key}
    session.add(row)
    session.flush()
    return row


def _plausible(value: Money | None) -> bool:
    """Whether a column can hold the value; people type absurd ones into CRMs, and one must not hold up all others."""
    return value is not None and value.amount.is_finite() and abs(value.amount) < MOST and len(value.currency) == 3


def _meet(hub: Hub, session: Session, directory: Directory, row: OutcomeRow) -> bool:
    """Find the call that an outcome goes back to: by our own id in the CRM, else the person's last call before it."""
    if row.call_id is not None:
        return True
    entry = hub.config.connectors[row.connector]
    companies = [company.id for company in directory.companies.values() if entry.serves(company.name)]
    call_key = row.contact.get("call_key")
    call = session.get(Call, call_key) if call_key else None
    how = "the CRM holds our call's id"
    if call is None or call.company_id not in companies:
        how = "the contact's phone number called last before the outcome"
        call = session.exec(
            select(Call)
            .join(Person, col(Person.id) == col(Call.person_id))
            .where(
                col(Person.phone_number).in_(row.contact.get("phone_numbers") or []),
                col(Call.company_id).in_(companies),
                Call.started_at <= row.occurred_at + CALL_AFTER,
                Call.started_at >= row.occurred_at - LOOK_BACK,
            )
            .order_by(col(Call.started_at).desc())
        ).first()
    if call is None:
        return False
    row.call_id, row.trace = call.id, [how]
    session.add(row)
    return True


def _convert(
    hub: Hub, session: Session, directory: Directory, rows: Sequence[OutcomeRow], now: datetime, tally: Counter[str]
) -> None:
    met = [row for row in rows if row.call_id]
    calls = session.exec(select(Call).where(col(Call.id).in_([row.call_id for row in met]))).all()
    loaded = load_cases(session, directory, calls, now)
    load_past(session, loaded)
    cases = {case.subject.id: case for case in loaded}
    result = Converted()
    changed: list[Case] = []
    for rule in hub.config.conversions:
        if rule.when.event != "outcome":
            continue
        for row in met:
            case = cases.get(row.call_id or "")
            if case is None:
                continue
            wanted = outcome_conversion(rule, case, row, now)
            known = case.converted.get(wanted.key)
            fits = matches(rule, case, row)
            if known is None and fits:
                result.conversions.append(wanted)
                case.converted[wanted.key] = wanted
                send(hub, rule, [(case, wanted)], now, result)
                changed.append(case)
                tally["conversions"] += 1
            elif known is not None and _changed(known, wanted, fits):
                known.amount, known.currency = wanted.amount, wanted.currency
                known.retracted, known.revision = not fits, known.revision + 1
                session.add(known)
                send(hub, rule, [(case, known)], now, result, "restate" if fits else "retract")
                changed.append(case)
                tally["changes"] += 1
    session.flush()
    write_rows(session, ConsentDecision, [ruling.row for ruling in result.rulings])
    write_rows(session, ConversionRow, result.conversions)
    write_rows(session, Delivery, result.deliveries)
    mark(session, [Change(case.company.id, case.at) for case in changed], now)


def _changed(known: ConversionRow, wanted: ConversionRow, fits: bool) -> bool:
    if known.retracted:
        return fits
    return not fits or (known.amount, known.currency) != (wanted.amount, wanted.currency)
