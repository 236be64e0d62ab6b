"""What the database knows about the callers of a batch of calls: their other calls, their relation to the company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, union_all
from sqlmodel import Session

from hub.config.models import Config
from hub.contracts.leads import LeadStatus
from hub.model import Call, FactRow, Lead, OutcomeRow, OutgoingCall, TextMessage
from hub.model.columns import UTCTime
from hub.numbers.directory import Line
from hub.spam.callers import listed
from hub.spam.facts import CallFacts, CallKey, ListEntry, Relation
from hub.spam.ranges import exchange_of
from hub.spam.recent import RecentCalls, Seen
from hub.spam.rules import BRIEF_SECONDS, TALK_SECONDS
from hub.store.rows import read

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

_call, _lead, _outcome = Call.__table__.c, Lead.__table__.c, OutcomeRow.__table__.c
_fact, _placed, _text = FactRow.__table__.c, OutgoingCall.__table__.c, TextMessage.__table__.c
_SINCE, _UNTIL = bindparam("since", type_=UTCTime()), bindparam("until", type_=UTCTime())


def _any_of(name: str) -> Any:
    return bindparam(name, expanding=True)


class _OfCallers(NamedTuple):
    """A question about the calls of some callers: about all of them together, and about the newest calls of one."""

    together: Any
    newest: Any

    @classmethod
    def made(cls, query: Any) -> _OfCallers:
        newest = query.where(_call.caller_number == bindparam("caller")).order_by(_call.started_at.desc())
        return cls(
            query.where(_call.caller_number.in_(_any_of("callers"))).limit(MAX_ROWS), newest.limit(MAX_ROWS_OF_ONE)
        )


# Built once: to build a statement takes longer than to run it.
_OTHERS = _OfCallers.made(
    select(
        _call.caller_number, _call.connector, _call.carrier_call_id, _call.company_id, _call.tracking_number,
        _call.started_at, _call.answered_at, _call.duration,
    ).where(_call.started_at.between(_SINCE, _UNTIL))
)  # fmt: skip
_TRAPPED = _OfCallers.made(
    select(_call.caller_number, _call.tracking_number, _call.connector, _call.carrier_call_id).where(
        _call.started_at >= _SINCE
    )
)
_PAST = _OfCallers.made(
    select(
        _call.id, _call.company_id, _call.caller_number, _call.connector, _call.carrier_call_id,
        _call.answered_at, _call.duration, _call.spam,
    ).where(_call.company_id.in_(_any_of("companies")))
)  # fmt: skip
_SAME_LENGTHS = (
    select(_call.company_id, _call.caller_number, _call.recording_duration, _call.started_at)
    .where(
        _call.company_id.in_(_any_of("companies")),
        _call.started_at.between(_SINCE, _UNTIL),
        _call.voicemail.is_(True),
        _call.recording_duration.in_(_any_of("lengths")),
    )
    .limit(MAX_ROWS)
)
_NEAR = (
    select(_call.caller_number, _call.started_at, _call.answered_at, _call.duration)
    .where(
        _call.tracking_number == bindparam("called"),
        _call.company_id == bindparam("company"),
        _call.started_at.between(_SINCE, _UNTIL),
    )
    .order_by(_call.started_at.desc())
    .limit(MAX_ROWS_OF_NUMBER)
)
_GOOD = union_all(
    select(_lead.subject_id).where(_lead.subject_id.in_(_any_of("calls")), _lead.status.in_(GOOD_LEADS)),
    select(_outcome.subject_id).where(_outcome.subject_id.in_(_any_of("calls"))),
    select(_fact.subject_id).where(_fact.subject_id.in_(_any_of("calls")), _fact.source.in_(_any_of("crms"))),
)
_EXPECTED = union_all(
    select(_placed.company_id, _placed.person_number).where(
        _placed.person_number.in_(_any_of("numbers")),
        _placed.company_id.in_(_any_of("companies")),
        _placed.made_at >= _SINCE,
    ),
    select(_text.company_id, _text.person_number).where(
        _text.person_number.in_(_any_of("numbers")),
        _text.company_id.in_(_any_of("companies")),
        _text.direction == "out",
        _text.purpose.in_(("reply", "service")),
        _text.at >= _SINCE,
    ),
)


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
    companies, lengths = {call.company_id for call, _ in calls}, {seconds for _, seconds in calls}
    rows = read(session, _SAME_LENGTHS, companies=list(companies), lengths=list(lengths), since=begins, until=ends)
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
    found: dict[str, list[Seen]] = defaultdict(list)
    rows = _of_callers(session, _OTHERS, callers, since=begins, until=ends)
    for caller, connector, call_id, company, called, at, answered_at, seconds in rows:
        seen = Seen((connector, call_id), company or "", called or "", at, answered_at is not None, seconds)
        found[caller].append(seen)
    return found


def _of_callers(session: Session, query: _OfCallers, callers: Collection[str], **values: Any) -> Sequence[Any]:
    """The rows of a query on calls that are from these callers: all, or the newest of each if there are very many.
    No caller's calls take the place of another's."""
    if not callers:
        return ()
    if len(callers) > 1:
        rows = read(session, query.together, callers=list(callers), **values)
        if len(rows) < MAX_ROWS:
            return rows
    return [row for caller in callers for row in read(session, query.newest, caller=caller, **values)]


def _honeypot_calls(
    session: Session, calls: Sequence[CallKey], honeypots: Collection[str]
) -> dict[tuple[str, str], int]:
    callers = {call.caller for call in calls if call.caller}
    if not callers or not honeypots:
        return {}
    since = min(call.at for call in calls) - HONEYPOT_DAYS
    rows = _of_callers(session, _TRAPPED, callers, since=since)
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
    for (company, called), near in groups.items():
        begins, ends = min(call.at for call in near) - BURST, max(call.at for call in near) + BURST
        yield read(session, _NEAR, called=called, company=company, since=begins, until=ends), near


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
    return _of_callers(session, _PAST, numbers, companies=list(companies))


def _customers(session: Session, past: Sequence[Any], crms: Collection[str]) -> set[tuple[str, str]]:
    """The (company, number) of callers who are leads or customers, by a user's word, or whom the CRM knows. A conversion that
    a rule made of a call proves nothing: a robocaller's first call may have made one."""
    if not past:
        return set()
    good = {call_id for (call_id,) in read(session, _GOOD, calls=[row.id for row in past], crms=list(crms))}
    return {(row.company_id, row.caller_number) for row in past if row.id in good}


def _expected(
    session: Session, calls: Collection[CallKey], numbers: Collection[str], companies: Collection[str]
) -> set[tuple[str, str | None]]:
    """Those whom people at the business called or texted lately: they may call back."""
    since = min(call.at for call in calls) - EXPECTED_DAYS
    found = read(session, _EXPECTED, numbers=list(numbers), companies=list(companies), since=since)
    return {(company, number) for company, number in found if company}


def _talked(calls: Collection[CallKey], past: Sequence[Any]) -> set[tuple[str, str]]:
    """The calls whose caller has had a conversation with the company before."""
    talks: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for row in past:
        if row.answered_at is not None and (row.duration or 0) >= TALK_SECONDS and not row.spam:
            talks[row.company_id, row.caller_number].add((row.connector, row.carrier_call_id))
    return {call.key for call in calls if talks.get((call.company_id, call.caller or ""), set()) - {call.key}}
