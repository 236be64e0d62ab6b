"""Loads what is known about calls that wait for an answer, for a whole batch: who calls, and what caused the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from hub.config.callflow.context import TAKEN, CallContext, Permission
from hub.config.callflow.definition import Flow
from hub.config.callflow.screening import Screening
from hub.contracts.answers import AnswerPoint
from hub.contracts.consent import Place
from hub.contracts.places import places_of_number
from hub.contracts.titles import spoken_source
from hub.model import Call, CallStep, FactRow, Lease, Visit
from hub.model.calls import MAX_CALL_AGE
from hub.numbers.directory import Line
from hub.spam.callers import lists_of
from hub.spam.facts import CallKey
from hub.store.encryption.encrypted_fields import values_of
from hub.store.encryption.vault import Vault

UNASKED = Permission()
OWNER = "owner"
"""The name of the fact of a CRM that says who owns the contact."""
MAX_EARLIER_CALLS = 200
"""Of a caller, so many of the last calls are looked at: a machine that called ten thousand times must not make others wait."""
_OF_CALLS = (
    col(CallStep.connector).in_(bindparam("connectors", expanding=True)),
    col(CallStep.carrier_call_id).in_(bindparam("calls", expanding=True)),
)
_ACCEPTED = select(CallStep.connector, CallStep.carrier_call_id, CallStep.point).where(
    *_OF_CALLS, CallStep.result == TAKEN, col(CallStep.point).in_(bindparam("points", expanding=True))
)
_TAGS = select(CallStep.connector, CallStep.carrier_call_id, CallStep.tags).where(*_OF_CALLS, CallStep.do == "tag")
_EARLIER: Any = (
    select(Call.connector, Call.carrier_call_id, Call.answered_by)
    .where(col(Call.caller_number) == bindparam("number"), col(Call.company_id) == bindparam("company"))
    .order_by(col(Call.started_at).desc())
    .limit(MAX_EARLIER_CALLS)
)
_OWNERS = select(FactRow).where(
    col(FactRow.subject_id).in_(_EARLIER.with_only_columns(col(Call.id))),
    FactRow.name == OWNER,
    col(FactRow.expires_at) > bindparam("now"),
)
"""Built once: a caller waits for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerRequest:
    """A carrier waits for an answer: at which point of a call, on which number, and with which version of a flow."""

    connector: str
    point: AnswerPoint
    line: Line
    flow: Flow
    version: int

    @property
    def call(self) -> tuple[str, str]:
        """The call's id at its carrier."""
        return self.connector, self.point.call_id

    @property
    def rings(self) -> bool:
        """Whether the call begins here."""
        return self.point.moment == "ringing" and bool(self.point.call_id)

    @property
    def caller(self) -> tuple[str, str]:
        """Who calls which company; the number is blank if the caller hides it."""
        return self.line.company.id, self.point.caller_number or ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known from a caller's earlier calls to the company."""

    answered_by: str | None
    tags: frozenset[str]


def call_contexts(
    session: Session | None,
    requests: Sequence[AnswerRequest],
    now: datetime,
    public_url: str,
    recording: Permission = UNASKED,
    screenings: Mapping[tuple[str, str], Screening] = MappingProxyType({}),
    vault: Vault | None = None,
) -> list[CallContext]:
    """What is known at each point, with the permission to record as given, and what happens to suspect calls. Flows that
    need nothing cause no database read."""
    visits = _visits(session, requests, now) if session else {}
    earlier = _earlier(session, requests) if session else {}
    own_tags = _own_tags(session, requests) if session else {}
    accepted = _accepted(session, requests) if session else {}
    lists = _lists(session, requests, now) if session else {}
    owners = _owners(session, vault, requests, now) if session and vault else {}
    return [
        _call_context(
            each,
            visits.get(each.call),
            earlier.get(each.caller),
            own_tags,
            at=now,
            public_url=public_url,
            recording=recording,
            screening=screenings.get(each.call),
            accepted=accepted.get(each.call),
            caller_lists=lists.get(each.call, frozenset()),
            owner=owners.get(each.caller),
        )
        for each in requests
    ]


def must_read(each: AnswerRequest) -> bool:
    """Whether the flow needs anything that only the database knows."""
    flow = each.flow
    asks_of_caller = flow.knows_caller or flow.caller_lists or flow.knows_owner or flow.asks_pin
    return flow.knows_attribution or bool(asks_of_caller) or _asks_who_accepted(each)


def _asks_who_accepted(each: AnswerRequest) -> bool:
    """Whether only our own record says if a phone that was picked up took the call."""
    return each.point.moment == "dial_ended" and each.flow.asks_for_key and not each.point.connected


def _accepted(session: Session, requests: Sequence[AnswerRequest]) -> dict[tuple[str, str], bool]:
    """By call: whether a person pressed the key that takes the call, at the dial that has ended."""
    wanted = {(*each.call, f"accept:{each.point.mark}") for each in requests if _asks_who_accepted(each)}
    if not wanted:
        return {}
    rows = session.exec(
        _ACCEPTED,
        params={
            "connectors": list({connector for connector, _, _ in wanted}),
            "calls": list({call_id for _, call_id, _ in wanted}),
            "points": list({point for _, _, point in wanted}),
        },
    )
    taken = {(connector, call_id, point) for connector, call_id, point in rows}
    return {(connector, call_id): (connector, call_id, point) in taken for connector, call_id, point in wanted}


def call_key(each: AnswerRequest, now: datetime) -> CallKey:
    """The call as the lists of callers know it."""
    return CallKey(
        connector=each.connector,
        call_id=each.point.call_id,
        company_id=each.line.company.id,
        account_id=each.line.company.account_id,
        caller=each.point.caller_number,
        called=each.point.tracking_number,
        at=now,
    )


def _lists(
    session: Session, requests: Sequence[AnswerRequest], now: datetime
) -> Mapping[tuple[str, str], frozenset[str]]:
    names = frozenset[str]().union(*(each.flow.caller_lists for each in requests))
    return lists_of(session, [call_key(each, now) for each in requests], names) if names else {}


def _owners(
    session: Session, vault: Vault, requests: Sequence[AnswerRequest], now: datetime
) -> dict[tuple[str, str], str]:
    """By caller: who owns their contact, as the CRM reported at the latest call of which that was kept."""
    callers = {each.caller for each in requests if each.flow.knows_owner and each.point.caller_number}
    latest = {}
    for caller in callers:
        known = session.exec(_OWNERS, params={"company": caller[0], "number": caller[1], "now": now}).all()
        if known:
            latest[caller] = max(known, key=lambda fact: fact.learned_at)
    values = values_of(vault, session, latest.values())
    return {caller: values[fact.id] for caller, fact in latest.items() if fact.id in values}


def _call_context(
    each: AnswerRequest,
    visit: Visit | None,
    earlier: Earlier | None,
    own_tags: Mapping[tuple[str, str], frozenset[str]],
    **known: Any,
) -> CallContext:
    tracker, caller = each.line.tracker, each.point.caller_number
    places = places_of_number(caller) if caller and (each.flow.asks_places or each.flow.records) else ()
    declared = visit.consent.get("country") if visit else None
    if declared and declared not in {place.country for place in places}:
        places = (*places, Place(country=declared, basis="declared"))
    known_caller = bool(caller) and each.flow.knows_caller
    return CallContext(
        time_zone=each.line.company.time_zone,
        call_id=each.point.call_id,
        places=places,
        first_time=(earlier is None) if known_caller else None,
        last_answered_by=earlier.answered_by if earlier else None,
        source=visit.source if visit else tracker.source,
        medium=visit.medium if visit else tracker.medium,
        campaign=visit.campaign if visit else tracker.campaign,
        landing_page=visit.landing_page if visit else None,
        tags=own_tags.get(each.call, frozenset()) | (earlier.tags if earlier else frozenset()),
        caller_key="/".join(each.caller) if caller else "",
        source_name=spoken_source(visit.source, visit.campaign) if visit else each.line.source_name,
        caller_known=bool(caller),
        **known,
    )


def _visits(session: Session, requests: Sequence[AnswerRequest], now: datetime) -> dict[tuple[str, str], Visit]:
    """The visit that held the pool's number when each call began."""
    wanted = [each for each in requests if each.flow.knows_attribution and each.line.tracker.type == "session"]
    if not wanted:
        return {}
    begun = _beginnings(session, [each for each in wanted if each.point.moment != "ringing"])
    numbers = {each.line.number.id for each in wanted}
    held = session.exec(
        select(Lease, Visit)
        .join(Visit, col(Visit.id) == col(Lease.visit_id))
        .where(
            col(Lease.tracking_number_id).in_(numbers),
            col(Lease.granted_at) <= now,
            col(Lease.expires_at) > now - MAX_CALL_AGE,
        )
        .order_by(col(Lease.granted_at))
    ).all()
    found = {}
    for each in wanted:
        began = begun.get(each.call, now)
        for lease, visit in held:
            if lease.tracking_number_id == each.line.number.id and lease.granted_at <= began < lease.expires_at:
                found[each.call] = visit
    return found


def _beginnings(session: Session, requests: Sequence[AnswerRequest]) -> dict[tuple[str, str], datetime]:
    if not requests:
        return {}
    first = (
        select(CallStep.connector, CallStep.carrier_call_id, func.min(CallStep.at))
        .where(
            col(CallStep.connector).in_({each.connector for each in requests}),
            col(CallStep.carrier_call_id).in_({each.point.call_id for each in requests}),
        )
        .group_by(col(CallStep.connector), col(CallStep.carrier_call_id))
    )
    return {(connector, call_id): at for connector, call_id, at in session.exec(first)}


def _earlier(session: Session, requests: Sequence[AnswerRequest]) -> dict[tuple[str, str], Earlier]:
    """By caller: who answered the last call, and the tags of all calls looked at. Holds only people who called before."""
    wanted = [each for each in requests if each.flow.knows_caller and each.point.caller_number]
    if not wanted:
        return {}
    present = {each.call for each in wanted}
    calls = {
        caller: [
            call
            for call in session.exec(_EARLIER, params={"company": caller[0], "number": caller[1]}).all()
            if (call.connector, call.carrier_call_id) not in present
        ]
        for caller in {each.caller for each in wanted}
    }
    tags = _tags(session, {(call.connector, call.carrier_call_id) for each in calls.values() for call in each})
    return {
        caller: Earlier(
            answered_by=next((call.answered_by for call in each if call.answered_by), None),
            tags=frozenset[str]().union(*(tags.get((call.connector, call.carrier_call_id), ()) for call in each)),
        )
        for caller, each in calls.items()
        if each
    }


def _own_tags(session: Session, requests: Sequence[AnswerRequest]) -> dict[tuple[str, str], frozenset[str]]:
    later = {each.call for each in requests if each.flow.knows_caller and each.point.moment != "ringing"}
    return _tags(session, later)


def _tags(session: Session, calls: set[tuple[str, str]]) -> dict[tuple[str, str], frozenset[str]]:
    if not calls:
        return {}
    rows = session.exec(
        _TAGS,
        params={
            "connectors": list({connector for connector, _ in calls}),
            "calls": list({call_id for _, call_id in calls}),
        },
    )
    found: dict[tuple[str, str], frozenset[str]] = {}
    for connector, call_id, tags in rows:
        found[connector, call_id] = found.get((connector, call_id), frozenset()) | frozenset(tags)
    return found
