"""Opt-outs of sale, sharing and advertising, without any verification: stored, applied to decisions, and questioned.

Source: Cal. Civ. Code 1798.120, 1798.121, 1798.135; 11 CCR 7026, 7027; 7060(b): the business may not require
verification. A request that the business believes to be fraudulent may be denied with a documented reason (11 CCR
7026(e), 7027(f)).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from hub.contracts.consent import ConsentQuestion, ConsentRecord, Decision, Opinion, strictest, within
from hub.contracts.third_parties import is_third_party
from hub.model import OptOut
from hub.model.opt_outs import OptOutScope
from hub.model.states import OptOutState
from hub.store import audit
from hub.store.encryption.vault import Vault
from hub.store.journal import chain_of_company, record
from hub.store.rows import write_rows

OPT_OUT_RULE = "person.opted_out"
SPEAKER = "hub"
REASON: Mapping[str, str] = {
    "sharing": "An opt-out of sale, sharing and advertising is in force for this number or browser; nobody had to prove it.",
    "sensitive": "The use of sensitive data is limited for this number or browser; nobody had to prove it.",
}
CONTENT = frozenset(
    {"user.content.private", "user.telephony.message_body", "user.telephony.recording", "user.telephony.voicemail"}
)
"""What people say and write; it may contain sensitive data of any kind (Cal. Civ. Code 1798.140(ae))."""
EXPECTED_USES = ("essential", "sales", "telephony.recording")
"""Uses of it that a caller expects, so a limit does not apply to them (11 CCR 7027(m)), except by a third party."""


@dataclass(frozen=True)
class KnownBy:
    """The identifiers of a person in opt-outs: numbers (E.164), and ids of browsers that are or may be theirs."""

    company_id: str
    numbers: frozenset[str]
    visitor_ids: frozenset[str] = frozenset()


def opt_out(
    session: Session,
    vault: Vault,
    company_id: str,
    *,
    number: str | None,
    visitor_id: str | None,
    network: str | None,
    scopes: Collection[OptOutScope],
    now: datetime,
) -> list[OptOut]:
    """Store an opt-out of a number (E.164), of a browser, or of both. A repeated one counts from its own time.

    A questioned one gets the new time too, but stays questioned: if it is reinstated, the last time counts. No person is
    looked up: the record is the same for an unknown number. `network` is a network (hub.visits.rate_limits), never an
    address; only its keyed hash is stored. `session` must be a writing one. Returns the stored rows, questioned ones too.
    """
    names = []
    if number is not None:
        names.append(("number", vault.fingerprint(session, company_id, number)))
    if visitor_id is not None:
        names.append(("browser", browser_mark(company_id, visitor_id)))
    came_from = vault.fingerprint(session, company_id, f"network|{network or ''}")
    rows = [
        OptOut(company_id=company_id, subject=subject, fingerprint=fingerprint, scope=scope, network=came_from, at=now)
        for subject, fingerprint in names
        for scope in sorted(scopes)
    ]
    write_rows(session, OptOut, rows)
    same = (
        col(OptOut.company_id) == company_id,
        col(OptOut.fingerprint).in_([fingerprint for _, fingerprint in names]),
        col(OptOut.scope).in_(scopes),
        col(OptOut.network) == came_from,
    )
    later = update(OptOut).where(*same, col(OptOut.at) < now).values(at=now)
    session.execute(later.execution_options(synchronize_session=False))
    stored = session.exec(select(OptOut).where(*same).with_for_update().execution_options(populate_existing=True))
    kept = list(stored.all())
    _record(session, company_id, kept, now)
    return kept


def browser_mark(company_id: str, visitor_id: str) -> str:
    """The hash by which a browser is recognized. It needs no key, because the visitor id is random."""
    return hashlib.sha256(f"browser|{company_id}|{visitor_id}".encode()).hexdigest()


def opt_outs_of(session: Session, vault: Vault, people: Sequence[KnownBy]) -> list[list[OptOut]]:
    """The opt-outs in force for each of the people, latest last. If there are none at all, no key is read."""
    if session.exec(select(OptOut.id).limit(1)).first() is None:
        return [[] for _ in people]
    marks = [
        {
            *(vault.fingerprint(session, each.company_id, number) for number in each.numbers),
            *(browser_mark(each.company_id, visitor_id) for visitor_id in each.visitor_ids),
        }
        for each in people
    ]
    found = _in_force(session, set().union(*marks))
    return [[row for row in found if row.fingerprint in mine] for mine in marks]


def opted_out_browsers(session: Session, visitors: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The (company id, visitor id) pairs that have opted out of sale, sharing and advertising."""
    marks = {browser_mark(*each): each for each in visitors}
    return {marks[row.fingerprint] for row in _in_force(session, marks) if row.scope == "sharing"}


def _in_force(session: Session, fingerprints: Collection[str]) -> list[OptOut]:
    return list(session.exec(_IN_FORCE, params={"of": list(set(fingerprints))})) if fingerprints else []


_IN_FORCE = (
    select(OptOut)
    .where(col(OptOut.fingerprint).in_(bindparam("of", expanding=True)), OptOut.state == OptOutState.IN_FORCE)
    .order_by(col(OptOut.at), col(OptOut.id))
)


def hold_to_opt_outs(
    opted_out: Sequence[Sequence[OptOut]], questions: Sequence[ConsentQuestion], decisions: Sequence[Decision]
) -> list[Decision]:
    """The decisions, each with a no added if an opt-out applies to its question. The three sequences have the same order.

    A later, proven yes of the person to the use lifts an opt-out (`ConsentRecord.lifts`).
    """
    held = []
    for rows, question, decision in zip(opted_out, questions, decisions, strict=True):
        in_force = [row for row in rows if _speaks_on(row, question) and not _is_lifted(row, question)]
        held.append(
            strictest([*((SPEAKER, _no(row)) for row in in_force[-1:]), *decision.opinions]) if in_force else decision
        )
    return held


def question_opt_out(session: Session, row: OptOut, reason: str, actor: str, now: datetime) -> None:
    """Stop counting the opt-out, for a stated reason. The reason is stored with it and in the audit trail."""
    row.state, row.reason, row.questioned_by, row.questioned_at = OptOutState.QUESTIONED, reason, actor, now
    session.add(row)
    _record(session, row.company_id, [row], now)
    audit.note(session, now, actor, "privacy.opt_out.question", row.id, reason)


def reinstate_opt_out(session: Session, row: OptOut, reason: str, actor: str, now: datetime) -> None:
    """Count the opt-out again. The audit trail keeps why, by whom and when it was questioned, and now `reason`."""
    row.state, row.reason, row.questioned_by, row.questioned_at = OptOutState.IN_FORCE, reason, None, None
    session.add(row)
    _record(session, row.company_id, [row], now)
    audit.note(session, now, actor, "privacy.opt_out.reinstate", row.id, reason)


def _record(session: Session, company_id: str, rows: Sequence[OptOut], now: datetime) -> None:
    record(session, chain_of_company(session, company_id), OptOut, rows, now)


def limits_apply(uses: Iterable[tuple[str, str, Collection[str]]]) -> bool:
    """Whether an opt-out of scope `sensitive` would apply to any of the (recipient's role, use, data categories)."""
    return any(_is_beyond_service(*each) for each in uses)


def _speaks_on(row: OptOut, question: ConsentQuestion) -> bool:
    if row.scope == "sharing":
        return question.is_sale_or_sharing
    return _is_beyond_service(question.recipient.role, question.use, question.categories)


def _is_beyond_service(role: str, use: str, categories: Collection[str]) -> bool:
    expected = any(within(use, family) for family in EXPECTED_USES) and not is_third_party(role, use)
    return not expected and not CONTENT.isdisjoint(categories)


def _is_lifted(row: OptOut, question: ConsentQuestion) -> bool:
    no = ConsentRecord(state="objected", use="marketing", channel="opt_out", at=row.at, evidence=row.id)
    return any(record.lifts(no, question) for record in question.records)


def _no(row: OptOut) -> Opinion:
    return Opinion(
        verdict="deny",
        rule_id=OPT_OUT_RULE,
        reason=REASON[row.scope],
        evidence={"opt_out": row.id, "of": row.subject, "at": row.at.isoformat(), "proof": "unproven"},
    )
