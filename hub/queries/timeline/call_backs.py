"""The calls back that answered a call, a text or a form, in its timeline."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hub.access.users import names_of
from hub.model import OutgoingCall
from hub.queries.masking import Mask
from hub.queries.timeline.entries import Entry, NameOf


def call_back_entries(session: Session, subject_id: str, mask: Mask, name_of: NameOf) -> Iterator[Entry]:
    """Each call back: when it was asked for, when the person picked up, and how it ended."""
    made = select(OutgoingCall).where(OutgoingCall.subject_id == subject_id).order_by(col(OutgoingCall.id))
    calls = session.exec(made).all()
    names = names_of(session, {call.user_id for call in calls})
    for call in calls:
        yield from _entries(call, names.get(call.user_id, "a user"), mask, name_of)


def _entries(call: OutgoingCall, user: str, mask: Mask, name_of: NameOf) -> Iterator[Entry]:
    data: dict[str, object] = {
        "call_back": call.id,
        "user": user,
        "connector": call.connector,
        "carrier_call_id": call.carrier_call_id,
        "person_number": mask.phone(call.person_number),
        "tracking_number": call.tracking_number,
        "reason": call.reason,
        "duration": call.duration,
    }
    if call.is_by_hand:
        yield Entry(call.made_at, "call_back", f"{user} called back from another phone", (), call.status, data)
        return
    from_number = f"from {call.tracking_number}, by {name_of(call.connector)}"
    nothing_yet = call.answered_at is None and call.ended_at is None
    details = (from_number, *([call.reason] if call.reason and nothing_yet else []))
    yield Entry(call.made_at, "call_back", f"{user} calls back", details, call.status if nothing_yet else None, data)
    if call.answered_at is not None:
        yield Entry(
            call.answered_at, "call_back", "the person answered the call back", (), None, {"call_back": call.id}
        )
    if call.ended_at is not None:
        spoke = f"they spoke for {call.duration} s" if call.duration else None
        reported = tuple(filter(None, (spoke, call.reason)))
        yield Entry(call.ended_at, "call_back", "the call back ended", reported, call.status, {"call_back": call.id})
