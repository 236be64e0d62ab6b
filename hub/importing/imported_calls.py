"""Stores imported calls: done, never converted, never sent anywhere; a page of them in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col
from sqlmodel import select as sql

from hub.contracts.untrusted import JsonObject
from hub.importing.contacts import ERASED, Batch, Placed, file_id
from hub.importing.imported_people import Known
from hub.importing.places import Places, imported_id
from hub.importing.records import CallRecord
from hub.importing.steps import Tally
from hub.model import Call, CallEventRow, FactRow
from hub.model.calls import sane_seconds
from hub.model.columns import CALL_RETENTION, storable
from hub.model.imports import IMPORTED
from hub.model.states import CallStatus, SubjectState
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import Plaintext, encrypt_many, name_place
from hub.store.encryption.search_words import Searchable, index_words
from hub.store.rows import change_rows, write_rows

OUTGOING = "it was placed by the business; only calls that came in are brought over"
TWICE_HERE = "it was forwarded to a number of this hub, which has it already"
DOUBLED = "the same call is in the list twice"
FORWARDED_WITHIN = timedelta(minutes=3)
"""A call that CallRail forwards arrives here within this time."""
FACTS = {
    "place": "user.contact.address.city",
    "region": "user.contact.address.state",
    "country": "user.contact.address.country",
}
FACT_CONFIDENCE = 0.5


def write_calls(
    session: Session, hub: Hub, places: Places, records: Sequence[CallRecord], now: datetime
) -> tuple[Tally, list[Placed[CallRecord]]]:
    """Store calls within `session`. Of a call that is known only its marks change. Returns what happened, and the calls that
    are stored."""
    batch: Batch[CallRecord] = Batch(hub, session, places, now)
    ids = _ids(session, hub, records)
    known = _known(session, places, [*ids, *(_file_id(session, hub, each) for each in ids.values())])
    named: dict[str, CallRecord] = {}
    row_ids = {}
    for external_id, record in ids.items():
        file_id = _file_id(session, hub, record)
        found = known.get(external_id) or known.get(file_id)
        if record.direction == "out":
            batch.tally.skip(OUTGOING, record.id)
        elif found and found[1] == SubjectState.ERASED:
            batch.tally.skip(ERASED, record.id)
        else:
            named[external_id] = record
            row_ids[external_id] = found[0] if found else imported_id(record.at, f"{places.service}/call/{external_id}")
    _adopt(
        session,
        {
            each: known[old]
            for each, record in named.items()
            if each not in known and (old := _file_id(session, hub, record)) in known and file_id != each
        },
    )
    for _ in range(len(records) - len(ids)):
        batch.tally.skip(DOUBLED, None)
    rows = ((row_ids[each], record, record.caller_number, record.tracking_number) for each, record in named.items())
    placed = batch.placed(rows, "call_metadata")
    stored = {row_id for row_id, _ in known.values()}
    new = [each for each in placed if each.id not in stored]
    here_already = _forwarded(session, places, new)
    for each in here_already:
        batch.tally.skip(TWICE_HERE, each.record.id)
    gone = {each.id for each in here_already}
    placed, new = [e for e in placed if e.id not in gone], [e for e in new if e.id not in gone]
    people = batch.people(new)
    external = {row_id: external_id for external_id, row_id in row_ids.items()}
    _write(batch, new, people, external)
    batch.finish(placed, new, people)
    return batch.tally, placed


def stored_calls(session: Session, places: Places, records: Sequence[Any]) -> list[Placed[CallRecord]]:
    """Of some calls those that are stored here, and whose person was not erased."""
    reported = {each.id: each for each in records if each.id}
    companies = {each.id: each for each in places.companies.values()}
    rows = session.exec(
        sql(Call).where(
            Call.connector == places.connector,
            col(Call.carrier_call_id).in_(reported),
            Call.state != SubjectState.ERASED,
        )
    )
    return [
        Placed(row.id, reported[row.carrier_call_id], companies[row.company_id or ""], None, row.caller_number)
        for row in rows
        if row.company_id in companies
    ]


def _ids(session: Session, hub: Hub, records: Sequence[CallRecord]) -> dict[str, CallRecord]:
    return {each.id or _file_id(session, hub, each): each for each in records}


def _file_id(session: Session, hub: Hub, record: CallRecord) -> str:
    """What a call's id would be in a file without ids, so that a later import through the API finds it."""
    at = record.at.replace(microsecond=0).isoformat()
    return file_id(session, hub, "call", record.tracking_number, record.caller_number, at)


def _known(session: Session, places: Places, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Carrier's id → id and state, of the calls that were imported before."""
    call: Any = Call
    query = select(call.carrier_call_id, call.id, call.state).where(
        call.connector == places.connector, call.carrier_call_id.in_(set(ids))
    )
    return {external_id: (row_id, state) for external_id, row_id, state in session.execute(query)}


def _adopt(session: Session, found: dict[str, tuple[str, str]]) -> None:
    """Give calls that came from a file without ids their ids at CallRail."""
    change_rows(session, Call, [{"id": row_id, "carrier_call_id": each} for each, (row_id, _) in found.items()])


def _forwarded(session: Session, places: Places, new: Sequence[Placed[CallRecord]]) -> list[Placed[CallRecord]]:
    """The calls that CallRail forwarded to a number of this hub, where they came in as calls of their own."""
    suspects = [each for each in new if each.record.business_number in places.numbers]
    if not suspects:
        return []
    first = min(each.record.at for each in suspects) - FORWARDED_WITHIN
    last = max(each.record.at for each in suspects) + FORWARDED_WITHIN
    call: Any = Call
    query = select(call.tracking_number, call.started_at).where(
        call.found_by != IMPORTED,
        call.tracking_number.in_({each.record.business_number for each in suspects}),
        col(Call.started_at).between(first, last),
    )
    came: dict[str, list[datetime]] = {}
    for number, at in session.execute(query):
        came.setdefault(number, []).append(at)
    return [
        each
        for each in suspects
        if any(abs(at - each.record.at) <= FORWARDED_WITHIN for at in came.get(each.record.business_number or "", ()))
    ]


def _write(
    batch: Batch[CallRecord],
    new: Sequence[Placed[CallRecord]],
    people: dict[Known, str],
    external: dict[str, str],
) -> None:
    named = [each for each in new if each.record.name]
    plain = [
        Plaintext(batch.holder(each), storable(each.record.name or ""), name_place("call", each.id)) for each in named
    ]
    sealed = dict(zip((each.id for each in named), encrypt_many(batch.hub.vault, batch.session, plain), strict=True))
    index_words(
        batch.hub.vault, batch.session, [Searchable(each.id, each.company.id, each.record.name or "") for each in named]
    )
    write_rows(
        batch.session,
        Call,
        [
            _row(
                each,
                batch.places.connector,
                external[each.id],
                people.get((each.company.id, each.number or "")),
                sealed.get(each.id),
                batch.now,
            )
            for each in new
        ],
    )
    write_rows(batch.session, CallEventRow, [row for each in new for row in _events(each, batch.now)])
    write_rows(batch.session, FactRow, [row for each in new for row in _facts(each, batch.places.connector, batch.now)])


def _row(
    each: Placed[CallRecord],
    connector: str,
    external_id: str,
    person_id: str | None,
    sealed: bytes | None,
    now: datetime,
) -> JsonObject:
    record = each.record
    duration = sane_seconds(record.duration)
    return Call.columns(
        id=each.id,
        connector=connector,
        carrier_call_id=external_id,
        company_id=each.company.id,
        tracker_id=each.tracker.id if each.tracker else None,
        person_id=person_id,
        sealed_name=sealed,
        tracking_number=record.tracking_number,
        caller_number=record.caller_number,
        status=CallStatus.COMPLETED,
        started_at=record.at,
        start_reported=True,
        answered_at=record.at if record.answered else None,
        answered_by=record.business_number if record.answered else None,
        ended_at=record.at + timedelta(seconds=duration or 0),
        duration=duration,
        voicemail=record.voicemail,
        first_time_caller=record.is_first,
        enriched_at=now,
        found_by=IMPORTED,
        state=SubjectState.DONE,
        due_at=now,
        expires_at=record.at + CALL_RETENTION,
    )


def _events(each: Placed[CallRecord], now: datetime) -> list[dict[str, object]]:
    """The call's course, as far as it is known, for its timeline."""
    record = each.record
    ended = record.at + timedelta(seconds=sane_seconds(record.duration) or 0)
    kinds = {"ringing": record.at, "answered": record.at if record.answered else None}
    kinds |= {"voicemail": ended if record.voicemail else None, "completed": ended}
    return [
        CallEventRow.columns(
            id=imported_id(at, f"event/{each.id}/{kind}"),
            call_id=each.id,
            kind=kind,
            at=at,
            reported_by=IMPORTED,
            noted_at=now,
        )
        for kind, at in kinds.items()
        if at is not None
    ]


def _facts(each: Placed[CallRecord], connector: str, now: datetime) -> list[dict[str, object]]:
    return [
        FactRow.columns(
            id=imported_id(each.record.at, f"fact/{each.id}/{name}"),
            subject_id=each.id,
            source=connector,
            name=name,
            value=storable(value),
            category=FACTS[name],
            confidence=FACT_CONFIDENCE,
            learned_at=now,
            expires_at=each.record.at + CALL_RETENTION,
        )
        for name, value in each.record.place.items()
    ]
