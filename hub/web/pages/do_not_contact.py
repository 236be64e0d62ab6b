"""Do not contact: the part of the pages of a call, a person and a thread that shows and records a person's no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from hub.queries.texts.no_contact import ContactPerson, contact_person, refusals_of
from hub.texts.no_contact import ContactRefusals, refuse_contact
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

PLACES = ("calls", "people", "texts")
"""The first part of the path of a page that has this part; the id of the call, person or text follows."""
WORDS: Mapping[str, str] = {"both": "no texts and no calls", "texts": "no texts", "calls": "no calls"}


@dataclass(frozen=True)
class DoNotContact:
    """What the part shows. `action` is where its form goes; None if the user may not record anything."""

    refusals: ContactRefusals
    action: str | None

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can still be refused, each with its words."""
        left = {"texts": self.refusals.texts is None, "calls": self.refusals.calls is None}
        both = [("both", "Texts and calls")] if all(left.values()) else []
        return both + [(name, name.capitalize()) for name, is_left in left.items() if is_left]


def do_not_contact(page: PageRequest, session: Session, place: str, subject_id: str) -> DoNotContact | None:
    """The part for the person of a row that the user sees; None if no number of theirs is known."""
    person = contact_person(session, page.scope, subject_id)
    if not person.numbers:
        return None
    action = page.link(f"/do-not-contact/{subject_id}", at=place, list=page.query.get("list"))
    return DoNotContact(refusals_of(page.hub, person), action if page.may("contact") else None)


def refuse(page: PageRequest) -> Response:
    """Record that the person wants no texts, no calls, or neither."""
    with page.session() as session:
        person: ContactPerson = contact_person(session, page.scope, page.path("subject_id"))
    refused = page.value("refused")
    refuse_contact(
        page.hub,
        person.company_id,
        person.all_numbers,
        refused,
        channel=person.channel,
        actor=page.user.id,
        subject_id=person.subject_id,
        detail=page.value("said"),
        learned=person.learned,
    )
    named = page.query.get("at", "")
    place = named if named in PLACES else PLACES[0]
    target = page.link(f"/{place}/{person.subject_id}", list=page.query.get("list"))
    return page.redirect(target, f"Recorded: {WORDS[refused]} from now on.")


PAGES = (Page("/do-not-contact/{subject_id}", refuse, "contact", "POST"),)
