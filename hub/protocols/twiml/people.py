"""What all carriers declare that they are given, and how they show and erase what they hold about a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hub.contracts.manifest import DataFlow, Share
from hub.contracts.people import Erasure, HeldRecord
from hub.hookspecs import CallHooks, PrivacyHooks, TextHooks


def _flow(hook: Callable[..., Any], use: str, *fields: str) -> DataFlow:
    return DataFlow(hook=hook.__name__, use=use, shares=tuple(Share(field=field) for field in fields))


CARRIER_FLOWS = (
    _flow(TextHooks.send_text, "essential.service.notifications.sms", "recipient_number", "body", "media_urls"),
    _flow(CallHooks.place_call, "essential.service.call_back", "user_number", "person_number"),
    _flow(PrivacyHooks.export_person, "essential.legal_obligation", "phone_numbers"),
    _flow(PrivacyHooks.erase_person, "essential.legal_obligation", "phone_numbers"),
)
"""The flows of a carrier that sends texts, places calls and answers people's requests."""


def held_records(
    records: Iterable[tuple[str, Mapping[str, object]]], ids: Mapping[str, str], fields: Mapping[str, Sequence[str]]
) -> list[HeldRecord]:
    """The records (kind and item) as they are shown to a person, each once; `ids` and `fields` name by kind the field of the
    id and the personal fields."""
    found: dict[tuple[str, str], HeldRecord] = {}
    for kind, item in records:
        record_id = str(item.get(ids[kind]))
        shown = {name: str(item[name]) for name in fields[kind] if item.get(name) not in (None, "")}
        found.setdefault((kind, record_id), HeldRecord(record_type=kind, record_id=record_id, fields=shown))
    return list(found.values())


def erase_recordings(records: Sequence[HeldRecord], delete: Callable[[str], object], kept: str) -> Erasure:
    """Delete the recordings among a person's records; `kept` says what becomes of others, which the carrier cannot delete."""
    recordings = [record for record in records if record.record_type == "recording"]
    for record in recordings:
        delete(record.record_id)
    if len(recordings) < len(records):
        return Erasure(status="impossible", records=len(recordings), reason=kept)
    return Erasure(status="erased" if records else "nothing_held", records=len(records))
