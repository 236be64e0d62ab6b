"""What Vonage holds about a person of one company (calls, recordings, texts), and its removal.

Vonage's lists cannot be filtered by number, and none says which recordings or texts are whose. So calls are looked for in the
call list, and recordings and texts by the ids that the hub knows.
Source: developer.vonage.com/en/api/voice, /en/api/media and /en/api/redact (Vonage enables
it on request; an hour after the call or text at the earliest).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from hub.api import Erasure, HeldRecord, JsonObject, PersonReference, Rejected, hookimpl, value_at
from hub.api.twiml import held_records
from plugins.carriers.vonage.rest import UNPROVISIONED, Account, Rest
from plugins.carriers.vonage.translate import CALL_ID, RECORDING_ID, TEXT_ID, call_id, number

FIELDS = {
    "recording": ("mime_type", "media_size", "time_created"),
    "call": ("call", "from", "to", "status", "direction", "start_time", "end_time", "duration"),
}
"""The personal fields of each kind of record."""
MAX_LEGS = 5_000
"""Of the call list, newest first: what a hook's minute allows."""
NOT_ENABLED = (
    "its recordings are deleted, but Vonage has not enabled its Redact API for this account; ask its support for that, then "
    "erase again. Until then call and text records lapse by Vonage's own retention."
)
NOT_ALL_READ = (
    f"what was found is removed, but only the newest {MAX_LEGS:,} legs of the account's call list were read, and it is longer; "
    "calls from before then that the hub does not know stay until Vonage's own retention ends them."
)
UNKNOWN_RECORDINGS = (
    "calls were found that the hub does not know. Vonage does not say whether they were recorded; it deletes every recording "
    "after 30 days."
)


class Privacy(Account):
    """What Vonage holds about a person of one company (calls, recordings, texts), and its removal."""

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """Calls from or to the person's numbers, and the recordings that the hub knows."""
        names = sorted(filter(RECORDING_ID.fullmatch, person.provider_ids))
        files = [(name, self._rest.find(f"/v3/media/{name.removeprefix('REC-')}/info")) for name in names]
        recordings = [("recording", {**shown, "id": name}) for name, shown in files if shown is not None]
        legs = [("call", _shown(leg)) for together in _calls(self._rest, person)[0].values() for leg in together]
        return held_records([*recordings, *legs], {"recording": "id", "call": "uuid"}, FIELDS)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the recordings and redact calls and texts, and report if something stays."""
        rest = self._rest
        recordings = list(filter(RECORDING_ID.fullmatch, person.provider_ids))
        for recording_id in recordings:
            rest.delete(f"/v3/media/{recording_id.removeprefix('REC-')}")
        (calls, are_all), done = _calls(rest, person), len(recordings)
        try:
            for legs in calls.values():
                for leg in legs:
                    done += rest.redact("voice", str(leg.get("uuid")), str(leg.get("direction")))
            for text_id in filter(TEXT_ID.fullmatch, person.provider_ids):
                done += any(rest.redact("messages", text_id, direction) for direction in ("inbound", "outbound"))
        except Rejected as error:
            if error.code != UNPROVISIONED:
                raise
            return Erasure(status="impossible", records=done, reason=NOT_ENABLED)
        if set(calls) - set(person.provider_ids):
            return Erasure(status="impossible", records=done, reason=UNKNOWN_RECORDINGS)
        if not are_all:
            return Erasure(status="impossible", records=done, reason=NOT_ALL_READ)
        return Erasure(status="erased" if done else "nothing_held", records=done)


def _calls(rest: Rest, person: PersonReference) -> tuple[dict[str, list[Mapping[str, object]]], bool]:
    """By id, the calls between the person and the company's numbers, and those that the hub knows, with all their legs; and
    whether the whole call list was read."""
    ours, theirs = set(person.tracking_numbers), set(person.phone_numbers)
    wanted = set(filter(CALL_ID.fullmatch, person.provider_ids))
    listed = iter(rest.calls({"order": "desc"}) if ours and theirs else ())
    for leg in islice(listed, MAX_LEGS):
        ends = {number(value_at(leg, "from.number")), number(value_at(leg, "to.number"))}
        if ends & ours and ends & theirs:
            wanted.add(call_id(leg.get("conversation_uuid")))
    found = {each: list(rest.calls({"conversation_uuid": each})) for each in sorted(wanted)}
    are_all = next(listed, None) is None
    return {each: legs for each, legs in found.items() if any(_names(leg, theirs) for leg in legs)}, are_all


def _names(leg: Mapping[str, object], theirs: set[str]) -> bool:
    """Whether the leg names the person; one that was redacted does not."""
    return bool({number(value_at(leg, "from.number")), number(value_at(leg, "to.number"))} & theirs)


def _shown(leg: Mapping[str, object]) -> JsonObject:
    ends = {name: number(value_at(leg, f"{name}.number")) for name in ("from", "to")}
    return {**leg, "call": call_id(leg.get("conversation_uuid")), **ends}
