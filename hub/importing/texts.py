"""Stores imported texts: done and never sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from hub.importing.contacts import Batch, Placed, file_id
from hub.importing.imported_people import Known
from hub.importing.places import Places, imported_id
from hub.importing.records import TextRecord
from hub.importing.steps import Tally
from hub.model import TextMessage
from hub.model.columns import MESSAGE_RETENTION, storable
from hub.model.states import MessageStatus, SubjectState
from hub.platform.scrubbing import without_cards
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import Plaintext, encrypt_many
from hub.store.rows import write_rows
from hub.texts.bodies import body_place
from hub.texts.words import read

NO_NUMBER = "its tracking number is not known"


def write_texts(
    session: Session, hub: Hub, places: Places, records: Sequence[TextRecord], now: datetime
) -> tuple[Tally, list[Placed[TextRecord]]]:
    """Store texts within `session`; those that are known stay as they are."""
    batch: Batch[TextRecord] = Batch(hub, session, places, now)
    message: Any = TextMessage
    ids = {each.id or _file_id(session, hub, each): each for each in records}
    keys = {
        imported_id(record.at, f"{places.service}/text/{external_id}"): external_id
        for external_id, record in ids.items()
    }
    known = set(session.scalars(select(message.id).where(message.id.in_(keys))))
    readable = []
    for row_id, external_id in keys.items():
        record = ids[external_id]
        if record.tracking_number is None:
            batch.tally.skip(NO_NUMBER, record.id)
        else:
            readable.append((row_id, record, record.person_number, record.tracking_number))
    placed = batch.placed(readable, "text_body")
    new = [each for each in placed if each.id not in known]
    people = batch.people([each for each in new if each.record.direction == "in"])
    _write(batch, new, people, keys)
    received = [each for each in placed if each.record.direction == "in"]
    batch.finish(received, [each for each in received if each.id not in known], people)
    batch.tally.counts["new"] += sum(each.record.direction == "out" for each in new)
    batch.tally.counts["unchanged"] += sum(each.record.direction == "out" and each.id in known for each in placed)
    return batch.tally, placed


def _file_id(session: Session, hub: Hub, record: TextRecord) -> str:
    at = record.at.replace(microsecond=0)
    return file_id(
        session, hub, "text", record.tracking_number, record.person_number, record.direction, at, record.body
    )


def _write(
    batch: Batch[TextRecord], new: Sequence[Placed[TextRecord]], people: dict[Known, str], keys: dict[str, str]
) -> None:
    written = [each for each in new if each.record.body]
    plain = [
        Plaintext(batch.holder(each), storable(without_cards(each.record.body)), body_place(each.id))
        for each in written
    ]
    sealed = dict(zip((each.id for each in written), encrypt_many(batch.hub.vault, batch.session, plain), strict=True))
    rows = []
    for each in new:
        record, is_in = each.record, each.record.direction == "in"
        rows.append(
            TextMessage.columns(
                id=each.id,
                connector=batch.places.connector,
                carrier_message_id=keys[each.id],
                direction=record.direction,
                purpose=None if is_in else "reply",
                status=MessageStatus.RECEIVED if is_in else MessageStatus.SENT,
                company_id=each.company.id,
                tracker_id=each.tracker.id if each.tracker else None,
                person_id=people.get((each.company.id, each.number or "")) if is_in else None,
                tracking_number=record.tracking_number,
                person_number=record.person_number,
                meaning=read(record.body).meaning if is_in else None,
                body=sealed.get(each.id),
                at=record.at,
                sent_at=None if is_in else record.at,
                enriched_at=batch.now if is_in else None,
                state=SubjectState.DONE,
                due_at=batch.now,
                expires_at=record.at + MESSAGE_RETENTION,
            )
        )
    write_rows(batch.session, TextMessage, rows)
