"""The audit: asks carriers, judges, and keeps what is found, so that the page, the command and the alerts say the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hub.hookspecs import NumberHooks
from hub.model import NumberFinding
from hub.numbers.directory import read_directory
from hub.numbers.health.facts import bills, known_numbers, owners, rings
from hub.numbers.health.kinds import BY_KEY, UNASSIGNED
from hub.numbers.health.rules import Found, KnownNumber, judge
from hub.numbers.pointing import check_carriers
from hub.numbers.rest.moves import finish_moves
from hub.runtime import Hub
from hub.store.locks import hold_locks

LOCK, LOCK_SECONDS = "numbers/health", 10.0


@dataclass(frozen=True)
class Audited:
    """The outcome: the carriers that did not answer, each with the reason. The findings are in the table."""

    troubles: dict[str, str]


def audit_numbers(hub: Hub, carriers: Sequence[str] = ()) -> Audited:
    """Compare with the lists of these carriers, judge all numbers, and make the table of findings say so. What only the list of
    another carrier shows stays as it was found. Numbers whose rest is over go to the tracker that config.yaml names."""
    with hub.store.writing() as session:
        finish_moves(session, hub.config, hub.clock())
    with hub.store.reading() as session:
        directory = read_directory(session)
    sides = check_carriers(hub, directory, carriers) if carriers else []
    listed = {side.connector: side.numbers for side in sides if side.trouble is None}
    with hold_locks(hub.store, [LOCK], LOCK_SECONDS) as free:
        if free:
            with hub.store.writing() as session:
                now = hub.clock()
                known = known_numbers(session, hub.config, now)
                found = judge(known, listed, rings(session, now), bills(session), owners(session), now)
                _keep(session, hub, found, known, listed)
    return Audited({side.connector: side.trouble for side in sides if side.trouble is not None})


def audit_live_carriers(hub: Hub) -> None:
    """The same with every carrier that is a real one; a carrier that does not answer is asked again at the next time."""
    able = hub.plugins.with_hook(NumberHooks.list_numbers)
    audit_numbers(hub, [name for name in able if not hub.config.connectors[name].in_sandbox])


def _keep(
    session: Session, hub: Hub, found: Sequence[Found], known: Sequence[KnownNumber], request: Collection[str]
) -> None:
    """Write what is new or differs, and delete what is repaired."""
    now, ours = hub.clock(), {each.number for each in known}
    before = {row.dedup_key: row for row in session.exec(select(NumberFinding).order_by(col(NumberFinding.id)))}
    for each in found:
        row = before.pop(each.dedup_key, None)
        facts = each.facts if row is None else {**_remembered(row, each), **each.facts}
        if row is None:
            row = NumberFinding(
                account_id=each.account_id,
                company_id=each.company_id,
                kind=each.kind,
                number=each.number,
                connector=each.connector,
                dedup_key=each.dedup_key,
                facts=facts,
                found_at=now,
            )
            session.add(row)
        elif row.facts != facts:
            row.facts = facts
            session.add(row)
    for row in before.values():
        if not _stays(hub, row, ours, request):
            session.delete(row)


def _remembered(row: NumberFinding, found: Found) -> dict[str, object]:
    """Where a number points is known only when the carrier was asked."""
    return {"points_to": row.facts["points_to"]} if "points_to" in row.facts and found.kind == row.kind else {}


def _stays(hub: Hub, row: NumberFinding, ours: Collection[str], request: Collection[str]) -> bool:
    """Whether an earlier finding still holds because the carrier whose list shows it was not asked."""
    if not BY_KEY[row.kind].of_carriers or row.connector in request or row.connector not in hub.plugins.connectors:
        return False
    return not (row.kind == UNASSIGNED and row.number in ours)
