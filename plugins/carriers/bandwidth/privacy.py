"""What Bandwidth holds about a person of one company, and which of it can be deleted.

An account may serve several companies. Only records between the person and the company's own tracking numbers are used, and
records whose id the hub knows. Only recordings can be deleted.
Source: dev.bandwidth.com/apis/voice and /apis/messaging (list messages: data about a text for 14 days, never its content).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from hub.api import Erasure, HeldRecord, JsonObject, PersonReference, each_item, hookimpl
from hub.api.twiml import erase_recordings, held_records
from plugins.carriers.bandwidth import calls, recordings
from plugins.carriers.bandwidth.calls import Item
from plugins.carriers.bandwidth.recordings import Recordings
from plugins.carriers.bandwidth.rest import Rest
from plugins.carriers.bandwidth.translate import CALL_ID, HELD_RECORDING_ID, held_recording

EXPORTED_FIELDS = {
    "call": ("from", "to", "direction", "state", "startTime", "answerTime", "endTime", "disconnectCause"),
    "recording": ("from", "to", "callId", "startTime", "endTime", "duration", "channels"),
    "text": ("sourceTn", "destinationTn", "messageStatus", "messageDirection", "messageType", "receiveTime", "carrierName"),
}  # fmt: skip
"""The personal fields of each kind of record."""
RECORDINGS_SINCE = timedelta(days=3653)
TEXTS_PER_PAGE = 100
KEPT = (
    "its recordings are deleted, but Bandwidth's API deletes no call records (listed for 7 days) and no data about texts (14 "
    "days, without content); ask Bandwidth's support for an earlier deletion."
)
Found = Iterator[tuple[str, str, Item]]


class Privacy(Recordings):
    """What Bandwidth holds about a person of one company, and which of it can be deleted."""

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """The person's records at the requested company, each once, recordings first."""
        rest = self._rest
        found = (*_recordings(rest, person, self.services.clock()), *_calls(rest, person), *_texts(rest, person))
        records = ((kind, {**item, "id": record_id}) for kind, record_id, item in found)
        return held_records(records, dict.fromkeys(EXPORTED_FIELDS, "id"), EXPORTED_FIELDS)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the recordings, and report what Bandwidth keeps."""
        return erase_recordings(self.export_person(person), self.delete_recording, KEPT)


def _between(person: PersonReference, item: Item, sides: tuple[str, str] = ("from", "to")) -> bool:
    """Whether a record is between the person and one of the company's numbers."""
    one, other = (str(item.get(side)) for side in sides)
    theirs, ours = person.phone_numbers, person.tracking_numbers
    return (one in theirs and other in ours) or (one in ours and other in theirs)


def _queries(person: PersonReference) -> Iterator[Mapping[str, str]]:
    yield from ({side: number} for number in person.phone_numbers for side in ("from", "to"))


def _recordings(rest: Rest, person: PersonReference, now: datetime) -> Found:
    ids = set(person.provider_ids)
    for query in _queries(person):
        for item in calls.recordings(rest, query, now - RECORDINGS_SINCE, now + timedelta(days=1)):
            record_id = held_recording(item.get("callId"), item.get("recordingId"))
            call_ids = {record_id, str(item.get("callId")), str(item.get("parentCallId"))}
            if item.get("status") != "deleted" and (_between(person, item) or ids & call_ids):
                yield "recording", record_id, item
    for record_id in filter(HELD_RECORDING_ID.fullmatch, ids):
        known = rest.get(recordings.address(rest, record_id))
        if known is not None and known.get("status") != "deleted":
            yield "recording", record_id, known


def _calls(rest: Rest, person: PersonReference) -> Found:
    ids = set(person.provider_ids)
    for query in _queries(person):
        for item in rest.lists(f"{rest.voice}/calls", {**query, "pageSize": calls.PAGE_SIZE}):
            if _between(person, item) or item.get("callId") in ids or item.get("parentCallId") in ids:
                yield "call", str(item.get("callId")), item
    for record_id in filter(CALL_ID.fullmatch, ids):
        known = rest.get(f"{rest.voice}/calls/{record_id}")
        if known is not None:
            yield "call", record_id, known


def _texts(rest: Rest, person: PersonReference) -> Found:
    ids = set(person.provider_ids)
    for number in person.phone_numbers:
        for side in ("sourceTn", "destinationTn"):
            for item in _text_pages(rest, {side: number}):
                if _between(person, item, ("sourceTn", "destinationTn")) or item.get("messageId") in ids:
                    yield "text", str(item.get("messageId")), item


def _text_pages(rest: Rest, query: Mapping[str, str]) -> Iterator[Item]:
    def ask(token: object) -> JsonObject:
        page = {"limit": str(TEXTS_PER_PAGE)} | ({"pageToken": str(token)} if token else {})
        return rest.read_json(f"{rest.texts}/messages", {**query, **page})

    return each_item(ask, "messages", "pageInfo.nextPageToken", total="totalCount")
