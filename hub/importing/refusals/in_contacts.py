"""Refusals in what is imported: texts of any age, forms, notes and tags are read before anything is left out for its age.

A sure refusal counts from when it was said. Of a contact that is too old to be kept only the keyed hash of company and number
is written (the suppression list). What is doubtful comes into the queue; of a contact that is not kept it counts as a no to
marketing texts at once, because nobody could read it any more. Source: 47 CFR 64.1200(a)(10).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, select

from hub.importing.contacts import Placed
from hub.importing.marks import note_id, tag_id
from hub.importing.places import Places
from hub.importing.records import CallRecord, FormRecord, Record, TextRecord
from hub.model import ConsentEntry, Person
from hub.model.people import CARRIER, TYPED, Learned, has_known_number
from hub.model.purposes import CALL_BACK, MARKETING, TEXT_USES
from hub.model.states import RefusalSource
from hub.privacy.suppression_list import add_suppressions
from hub.runtime import Hub
from hub.texts.doubts import CHANNELS, is_refused_already, queue_doubt, refused_by
from hub.texts.no_contact import USES_OF, Refused, record_refusal
from hub.texts.quotes import READ_AS, is_doubtful, is_sure, strongest
from hub.texts.suppression import number_lock_key
from hub.texts.words import Reading, read
from hub.visits.form_fields import contact_of, messages_in

SURE, DOUBTFUL, NOT_KEPT = "sure", "doubtful", "not_kept"
WITHOUT: Mapping[str, Refused | None] = {"both": "calls", "texts": None, "calls": "calls"}
"""What is left of a refusal when the person asks for texts again."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words about one person that refuse contact, may refuse it, or ask for texts again."""

    record: Record
    number: str
    source: RefusalSource
    words: str
    reading: Reading
    learned: Learned
    company_id: str = ""

    @property
    def sure(self) -> bool:
        """Whether it is a refusal by the person whose number it is: anybody can type a number into a form."""
        return is_sure(self.reading) and self.learned == CARRIER

    @property
    def refused(self) -> Refused:
        """What it refuses."""
        return refused_by(self.reading.channels)


def refusals_of(record: Record) -> Iterator[Said]:
    """What a record says of this kind."""
    number, learned = _whose(record)
    if number is None:
        return
    for source, words, reading in _readings(record):
        if is_sure(reading) or is_doubtful(reading) or (source is RefusalSource.TEXT and reading.meaning == "start"):
            yield Said(record, number, source, words, reading, learned)


def count_refusals(records: Iterable[Record]) -> dict[str, Counter[str]]:
    """How many refusals some records contain, by source, sure and doubtful."""
    counts: dict[str, Counter[str]] = {}
    for each in (said for record in records for said in refusals_of(record)):
        if each.reading.meaning != "start":
            counts.setdefault(each.source, Counter())[SURE if each.sure else DOUBTFUL] += 1
    return counts


def read_refusals(places: Places, records: Sequence[Record], now: datetime) -> list[Said]:
    """The refusals in a page of records, each one time, without those that a later START takes back."""
    found: dict[tuple[str, str, RefusalSource, str], Said] = {}
    starts: dict[tuple[str, str], datetime] = {}
    for record in sorted(records, key=lambda each: each.at):
        company_id = _company_of(places, record)
        if company_id is None or record.at > now:
            continue
        for said in refusals_of(record):
            if said.reading.meaning == "start":
                starts[company_id, said.number] = record.at
            else:
                key = (company_id, said.number, said.source, said.words)
                found[key] = replace(said, company_id=company_id)
    return [left for each in found.values() if (left := _after_start(each, starts.get((each.company_id, each.number))))]


def refusal_locks(refusals: Iterable[Said]) -> set[str]:
    """The locks to hold while these refusals are written."""
    return {number_lock_key(each.company_id, each.number) for each in refusals}


def write_refusals(
    session: Session, hub: Hub, refusals: Sequence[Said], placed: Sequence[Placed[Any]], now: datetime
) -> dict[str, Counter[str]]:
    """Write the refusals of a page within `session`, under `refusal_locks`; `placed` are its contacts that are kept. Returns
    how many there are, by source. Repeating it changes nothing."""
    kept = {id(each.record): each for each in placed}
    counts: dict[str, Counter[str]] = {}
    for said in sorted(refusals, key=lambda each: not each.sure):
        contact = kept.get(id(said.record))
        count = counts.setdefault(said.source, Counter())
        count[SURE if said.sure else DOUBTFUL] += 1
        count[NOT_KEPT] += contact is None
        refused = still_refused(session, said.company_id, said.number, said.refused, said.record.at)
        if refused is None:
            continue
        if contact is None:
            uses = USES_OF[refused] if said.sure else (MARKETING,)
            _by_hash(session, hub, said, uses, now)
        elif said.sure:
            record_refusal(
                session,
                hub,
                said.company_id,
                said.number,
                refused,
                channel=CHANNELS[said.source],
                evidence=contact.id,
                at=said.record.at,
                now=now,
            )
        else:
            _queue(session, hub, said, contact, refused, now)
    return counts


def still_refused(session: Session, company_id: str, number: str, refused: Refused, at: datetime) -> Refused | None:
    """What of a refusal at `at` the person has not taken back here since; None if nothing is left. A later refusal takes
    nothing back: it may be about less."""
    later = (
        select(ConsentEntry.use)
        .join(Person, col(Person.id) == ConsentEntry.person_id)
        .where(
            Person.company_id == company_id,
            has_known_number(number),
            ConsentEntry.state == "given",
            col(ConsentEntry.stated_at) > at,
        )
    )
    said = set(session.exec(later.distinct()))
    left: Refused | None = WITHOUT[refused] if said & {*TEXT_USES} else refused
    if left is not None and CALL_BACK in said:
        left = "texts" if left == "both" else None if left == "calls" else left
    return left


def _company_of(places: Places, record: Record) -> str | None:
    place = places.of(record.company, getattr(record, "tracker", None), getattr(record, "tracking_number", None))
    if place is None or (places.only and record.company not in places.only):
        return None
    return place[0].id


def _whose(record: Record) -> tuple[str | None, Learned]:
    match record:
        case CallRecord():
            return record.caller_number, CARRIER
        case TextRecord():
            return record.person_number, CARRIER
        case FormRecord():
            return contact_of(record.fields, "US", record.number, None, record.name).phone_number, TYPED


def _readings(record: Record) -> Iterator[tuple[RefusalSource, str, Reading]]:
    if isinstance(record, TextRecord) and record.direction == "in":
        yield RefusalSource.TEXT, record.body, read(record.body)
    if isinstance(record, FormRecord):
        messages = messages_in(record.fields)
        yield RefusalSource.FORM, "\n".join(messages), strongest(read(each, "form") for each in messages)
    if record.marks.note:
        yield RefusalSource.NOTE, record.marks.note, read(record.marks.note, READ_AS[RefusalSource.NOTE])
    for tag in record.marks.tags:
        yield RefusalSource.TAG, tag, _read_tag(tag)


@lru_cache(maxsize=512)  # most contacts carry one of a few tags
def _read_tag(tag: str) -> Reading:
    return read(tag, READ_AS[RefusalSource.TAG])


def _after_start(said: Said, start: datetime | None) -> Said | None:
    """A refusal without what a later START in the same page takes back."""
    if start is None or start <= said.record.at:
        return said
    left = None if said.source is RefusalSource.TEXT and not said.sure else WITHOUT[said.refused]
    if left is None:
        return None
    return replace(said, reading=replace(said.reading, channels=frozenset({"calls"})))


def _by_hash(session: Session, hub: Hub, said: Said, uses: Collection[str], now: datetime) -> None:
    fingerprint = hub.vault.fingerprint(session, said.company_id, said.number)
    add_suppressions(session, fingerprint, uses, said.record.at, now)


def _queue(session: Session, hub: Hub, said: Said, contact: Placed[Any], refused: Refused, now: datetime) -> None:
    if is_refused_already(session, hub, said.company_id, said.number, refused):
        return
    ids = {
        RefusalSource.NOTE: lambda: note_id(contact.id, said.record.at),
        RefusalSource.TAG: lambda: tag_id(contact.id, said.record.at, said.words),
    }
    queue_doubt(
        session,
        hub,
        said.source,
        ids[said.source]() if said.source in ids else contact.id,
        company_id=said.company_id,
        subject_id=contact.id,
        number=said.number,
        refused=refused,
        at=said.record.at,
        now=now,
        learned=said.learned,
    )
