"""What the database knows about the callers of a batch of calls: their other calls, their relation to the company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import union_all
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.contracts.leads import LeadStatus
from hub.model import Call, FactRow, Lead, OutcomeRow, OutgoingCall, TextMessage
from hub.numbers.directory import Line
from hub.spam.callers import listed
from hub.spam.facts import CallFacts, CallKey, ListEntry, Relation
from hub.spam.ranges import exchange_of
from hub.spam.recent import RecentCalls, Seen
from hub.spam.rules import BRIEF_SECONDS, TALK_SECONDS

BURST, HOUR, DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
HONEYPOT_DAYS = timedelta(days=30)
EXPECTED_DAYS = timedelta(days=7)
"""A number that the business called or texted within these days may call back."""
MAX_ROWS = 5_000
"""Rows that one question about a batch reads at most: a robocaller has no end of calls."""
MAX_ROWS_OF_ONE = 25
"""Newest rows of one caller that are read: 20 calls in a burst are the most that a rule asks for."""
MAX_ROWS_OF_NUMBER = 500
"""Newest rows of one called number in which callers of its own exchange are looked for."""
GOOD_LEADS = (LeadStatus.QUALIFIED, LeadStatus.BOOKED)


@dataclass(frozen=True, slots=True)
class CallEnvironment:
    """What the hub itself knows: its honeypot numbers (E.164), and the names of its CRM connectors."""

    honeypots: frozenset[str] = frozenset()
    crms: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config: Config, lines: Mapping[str, Line]) -> CallEnvironment:
        """Those of a configuration and the numbers in use; made again only if one of them has changed."""
        global _latest
        latest = _latest
        if latest is None or latest[0] is not config or latest[1] is not lines:
            _latest = latest = config, lines, cls._made_of(config, lines)
        return latest[2]

    @classmethod
    def _made_of(cls, config: Config, lines: Mapping[str, Line]) -> CallEnvironment:
        flagged = {
            (company.name, tracker.name)
            for company in config.companies
            for tracker in company.trackers
            if tracker.honeypot
        }
        honeypots = {
            number for number, line in lines.items() if (line.company.name, line.tracker.name) in flagged
        } if flagged else set()  # fmt: skip
        return cls(frozenset(honeypots), frozenset(entry.name for entry in config.of_kind("crm")))


_latest: tuple[Config, Mapping[str, Line], CallEnvironment] | None = None


def load_facts(
    session: Session,
    calls: Sequence[CallKey],
    attestations: Mapping[tuple[str, str], str | None],
    environment: CallEnvironment,
    recent: RecentCalls | None = None,
    scored: Collection[tuple[str, str]] = (),
) -> dict[tuple[str, str], CallFacts]:
    """The facts about each call that are known without its end, by its key. `scored` have been scored before, so users may
    have said something about them since."""
    risks = load_risks(session, calls, attestations, listed(session, calls), environment, recent)
    relations = relations_of(session, calls, environment.crms, scored)
    return {key: replace(facts, relation=relations.get(key)) for key, facts in risks.items()}


def load_risks(
    session: Session,
    calls: Sequence[CallKey],
    attestations: Mapping[tuple[str, str], str | None],
    lists: Mapping[tuple[str, str], ListEntry],
    environment: CallEnvironment,
    recent: RecentCalls | None = None,
) -> dict[tuple[str, str], CallFacts]:
    """As `load_facts`, for callers on these lists, without the relation of the callers to the company: that only lowers a
    score."""
    honeypots = environment.honeypots
    others, trapped = _other_calls(session, calls), _honeypot_calls(session, calls, honeypots)
    near = _neighbors(session, calls)
    found = {}
    for call in calls:
        facts = CallFacts(
            caller=call.caller,
            called=call.called,
            attestation=attestations.get(call.key),
            listed=lists.get(call.key),
            to_honeypot=call.called in honeypots,
            honeypot_calls=trapped.get(call.key, 0),
            neighbors=near.get(call.key, 0),
        )
        if call.caller is not None:
            known = {seen.key: seen for seen in recent.of(call.caller, call.at - HOUR)} if recent else {}
            known |= {seen.key: seen for seen in others.get(call.caller, ())}
            known.pop(call.key, None)
            facts = _counted(facts, call, list(known.values()))
        found[call.key] = facts
    return found


def relations_of(
    session: Session, calls: Collection[CallKey], crms: Collection[str], scored: Collection[tuple[str, str]] = ()
) -> dict[tuple[str, str], Relation]:
    """Who each caller is to the company that they call."""
    numbers, companies = {call.caller for call in calls if call.caller}, {call.company_id for call in calls}
    if not numbers:
        return {}
    new = {call.key for call in calls} - set(scored)
    past = [row for row in _past(session, numbers, companies) if (row.connector, row.carrier_call_id) not in new]
    customers = _customers(session, past, crms)
    talked = _talked(calls, past)
    expected = _expected(session, calls, numbers, companies)
    found: dict[tuple[str, str], Relation] = {}
    for call in calls:
        who = (call.company_id, call.caller)
        if who in customers:
            found[call.key] = "customer"
        elif who in expected:
            found[call.key] = "expected"
        elif call.key in talked:
            found[call.key] = "talked"
    return found


def same_lengths(session: Session, calls: Sequence[tuple[CallKey, int]]) -> dict[tuple[str, str], int]:
    """How many other callers left the company a message of exactly the same length within a day."""
    if not calls:
        return {}
    begins, ends = min(call.at for call, _ in calls) - DAY, max(call.at for call, _ in calls) + DAY
    query = select(Call.company_id, Call.caller_number, Call.recording_duration, Call.started_at).where(
        col(Call.company_id).in_({call.company_id for call, _ in calls}),
        col(Call.started_at).between(begins, ends),
        col(Call.voicemail).is_(True),
        col(Call.recording_duration).in_({seconds for _, seconds in calls}),
    )
    rows = session.execute(query.limit(MAX_ROWS)).all()
    return {
        call.key: len(
            {
                caller
                for company, caller, length, at in rows
                if (company, length) == (call.company_id, seconds)
                and caller != call.caller
                and abs(at - call.at) <= DAY
            }
        )
        for call, seconds in calls
    }


def _counted(facts: CallFacts, call: CallKey, others: Sequence[Seen]) -> CallFacts:
    burst = [seen for seen in others if abs(seen.at - call.at) <= BURST]
    hour = [seen for seen in others if abs(seen.at - call.at) <= HOUR]
    ended = [seen for seen in others if seen.answered and seen.seconds is not None]
    return replace(
        facts,
        numbers=len({call.called, *(seen.called for seen in burst)}),
        companies=len({call.company_id, *(seen.company_id for seen in hour)}),
        calls=1 + len(burst),
        brief_calls=sum((seen.seconds or 0) <= BRIEF_SECONDS for seen in ended),
        talks=sum((seen.seconds or 0) >= TALK_SECONDS for seen in ended),
    )


def _other_calls(session: Session, calls: Sequence[CallKey]) -> dict[str, list[Seen]]:
    """The calls of each caller to any company of the hub within a day. Only their counts are used."""
    callers = {call.caller for call in calls if call.caller}
    begins, ends = min(call.at for call in calls) - DAY, max(call.at for call in calls) + BURST
    row: Any = Call
    query = select(  # type: ignore[call-overload]
        row.caller_number, row.connector, row.carrier_call_id, row.company_id, row.tracking_number,
        row.started_at, row.answered_at, row.duration,
    ).where(row.started_at.between(begins, ends))  # fmt: skip
    found: dict[str, list[Seen]] = defaultdict(list)
    rows = _of_callers(session, query, callers, col(Call.started_at))
    for caller, connector, call_id, company, called, at, answered_at, seconds in rows:
        seen = Seen((connector, call_id), company or "", called or "", at, answered_at is not None, seconds)
        found[caller].append(seen)
    return found


def _of_callers(session: Session, query: Any, callers: Collection[str], at: Any) -> Sequence[Any]:
    """The rows of a query on calls that are from these callers: all, or the newest by `at` of each if there are very many.
    No caller's calls take the place of another's."""
    if not callers:
        return ()
    if len(callers) > 1:
        rows = session.execute(query.where(col(Call.caller_number).in_(callers)).limit(MAX_ROWS)).all()
        if len(rows) < MAX_ROWS:
            return rows
    newest = query.order_by(at.desc()).limit(MAX_ROWS_OF_ONE)
    return [row for caller in callers for row in session.execute(newest.where(col(Call.caller_number) == caller))]


def _honeypot_calls(
    session: Session, calls: Sequence[CallKey], honeypots: Collection[str]
) -> dict[tuple[str, str], int]:
    callers = {call.caller for call in calls if call.caller}
    if not callers or not honeypots:
        return {}
    since = min(call.at for call in calls) - HONEYPOT_DAYS
    row: Any = Call
    query = select(row.caller_number, row.tracking_number, row.connector, row.carrier_call_id).where(
        row.started_at >= since
    )
    rows = _of_callers(session, query, callers, col(Call.started_at))
    return {
        call.key: sum(
            caller == call.caller and called in honeypots and (connector, call_id) != call.key
            for caller, called, connector, call_id in rows
        )
        for call in calls
    }


def _neighbors(session: Session, calls: Sequence[CallKey]) -> dict[tuple[str, str], int]:
    """Other callers from the exchange of the called number who called it within minutes and did not talk."""
    groups: dict[tuple[str, str], list[CallKey]] = defaultdict(list)
    for call in calls:
        if exchange_of(call.caller) and exchange_of(call.caller) == exchange_of(call.called):
            groups[call.company_id, call.called].append(call)
    return {call.key: _neighbors_of(call, rows) for rows, near in _near(session, groups) for call in near}


def _near(
    session: Session, groups: Mapping[tuple[str, str], Sequence[CallKey]]
) -> Iterator[tuple[Sequence[object], Sequence[CallKey]]]:
    """The newest calls of each number around some of its calls."""
    row: Any = Call
    for (company, called), near in groups.items():
        begins, ends = min(call.at for call in near) - BURST, max(call.at for call in near) + BURST
        query = (
            select(row.caller_number, row.started_at, row.answered_at, row.duration)
            .where(row.tracking_number == called, row.company_id == company, row.started_at.between(begins, ends))
            .order_by(row.started_at.desc())
        )
        yield session.execute(query.limit(MAX_ROWS_OF_NUMBER)).all(), near


def _neighbors_of(call: CallKey, rows: Sequence[Any]) -> int:
    exchange = exchange_of(call.called)
    return len(
        {
            caller
            for caller, at, answered_at, seconds in rows
            if caller != call.caller
            and abs(at - call.at) <= BURST
            and exchange_of(caller) == exchange
            and not (answered_at and seconds is not None and seconds >= TALK_SECONDS)
        }
    )


def _past(session: Session, numbers: Collection[str], companies: Collection[str]) -> Sequence[Any]:
    """The callers' calls to these companies, ever."""
    row: Any = Call
    query = select(  # type: ignore[call-overload]
        row.id, row.company_id, row.caller_number, row.connector, row.carrier_call_id,
        row.answered_at, row.duration, row.spam,
    ).where(row.company_id.in_(companies))  # fmt: skip
    return _of_callers(session, query, numbers, row.started_at)


def _customers(session: Session, past: Sequence[Any], crms: Collection[str]) -> set[tuple[str, str]]:
    """The (company, number) of callers who are leads or customers, by a user's word, or whom the CRM knows. A conversion that
    a rule made of a call proves nothing: a robocaller's first call may have made one."""
    if not past:
        return set()
    ids = [row.id for row in past]
    signs: Any = union_all(
        select(Lead.subject_id).where(col(Lead.subject_id).in_(ids), col(Lead.status).in_(GOOD_LEADS)),
        select(OutcomeRow.subject_id).where(col(OutcomeRow.subject_id).in_(ids)),
        select(FactRow.subject_id).where(col(FactRow.subject_id).in_(ids), col(FactRow.source).in_(crms)),
    )
    good = set(session.execute(signs).scalars())
    return {(row.company_id, row.caller_number) for row in past if row.id in good}


def _expected(
    session: Session, calls: Collection[CallKey], numbers: Collection[str], companies: Collection[str]
) -> set[tuple[str, str | None]]:
    """Those whom people at the business called or texted lately: they may call back."""
    since = min(call.at for call in calls) - EXPECTED_DAYS
    placed: Any = select(OutgoingCall.company_id, OutgoingCall.person_number).where(
        col(OutgoingCall.person_number).in_(numbers),
        col(OutgoingCall.company_id).in_(companies),
        col(OutgoingCall.made_at) >= since,
    )
    texted = select(TextMessage.company_id, TextMessage.person_number).where(
        col(TextMessage.person_number).in_(numbers),
        col(TextMessage.company_id).in_(companies),
        TextMessage.direction == "out",
        col(TextMessage.purpose).in_(("reply", "service")),
        col(TextMessage.at) >= since,
    )
    return {(company, number) for company, number in session.execute(placed.union_all(texted)) if company}


def _talked(calls: Collection[CallKey], past: Sequence[Any]) -> set[tuple[str, str]]:
    """The calls whose caller has had a conversation with the company before."""
    talks: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for row in past:
        if row.answered_at is not None and (row.duration or 0) >= TALK_SECONDS and not row.spam:
            talks[row.company_id, row.caller_number].add((row.connector, row.carrier_call_id))
    return {call.key for call in calls if talks.get((call.company_id, call.caller or ""), set()) - {call.key}}
