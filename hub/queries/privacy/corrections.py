"""What a correction replaces, and by what."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from hub.model import PrivacyRequest
from hub.privacy_requests.people import people_of
from hub.queries.masking import HIDDEN, partly
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import correction_in, names_of

FIELDS = {"name": "Name", "email": "Email address", "phone_number": "Phone number"}


@dataclass(frozen=True)
class Compared:
    """One field of a correction, before and after."""

    field: str
    before: tuple[str, ...]
    after: str


def comparison(session: Session, hub: Hub, request: PrivacyRequest, clear: bool) -> list[Compared]:
    """The fields that a correction changes; what they hold is masked unless `clear`. Empty after the answer."""
    new = correction_in(hub.vault, session, request)
    people = [each for each in people_of(session, request) if not each.is_typed]
    names = names_of(hub.vault, session, people)
    found = []
    for field, words in FIELDS.items():
        if not new.get(field):
            continue
        before = [names.get(each.id) if field == "name" else getattr(each, field) for each in people]
        known = tuple(dict.fromkeys(_shown(field, each, clear) for each in before if each))
        found.append(Compared(words, known, _shown(field, str(new[field]), clear)))
    return found


def _shown(field: str, value: str, clear: bool) -> str:
    if clear:
        return value
    return HIDDEN if field == "name" else partly(value)
