"""What the officer decides in the queue: one person or two, and what a person refuses."""

from __future__ import annotations

from starlette.responses import Response

from hub.errors import CannotDo
from hub.marks.merges import decide_conflict, split_people
from hub.model import DoubtfulRefusal
from hub.queries.privacy.conflicts import conflict_of, people_in
from hub.texts.doubts import NotDoubtful, keep, refuse
from hub.web.pages.guard import Page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest

NOTICES = {
    "texts": "Stopped: the person gets no more texts.",
    "calls": "Stopped: the person is not called any more.",
    "both": "Stopped: the person gets no more texts and calls.",
}
"""What the page says after each decision that the person refuses something."""


def decide_people(page: PageRequest) -> Response:
    """Say that those who share a number or an address are one person, or several."""
    verdict, kind = page.value("verdict"), page.value("kind")
    with page.session() as session:
        conflict = conflict_of(session, page.scope, page.path("person_id"), kind)
    if conflict is None:
        raise CannotDo("This is decided already; go back to the queue.")
    if verdict not in ("one", "two"):
        raise CannotDo("Choose whether they are one person or two.")
    reason = page.value("reason") or f"Decided in the privacy queue: one {kind}, several claims"
    with page.hub.store.writing() as session:
        decide_conflict(session, page.scope, people_in(conflict), reason, page.now, one=verdict == "one")
    words = "One person: they are shown together." if verdict == "one" else "Two people: they stay apart."
    return page.redirect(page.link(DESK), words)


def split(page: PageRequest) -> Response:
    """Undo a merge."""
    with page.hub.store.writing() as session:
        split_people(session, page.scope, page.path("merge_id"), page.now)
    return page.redirect(page.link(DESK), "The two are separate again.")


def decide_doubt(page: PageRequest) -> Response:
    """Decide whether the person refuses texts, calls or both."""
    decision = page.value("decision")
    with page.session() as session:
        doubt: DoubtfulRefusal = page.scope.one(session, DoubtfulRefusal, page.path("doubt_id"))
    if decision in NOTICES:
        refuse(page.hub, doubt, page.user.id, decision)
        return page.redirect(page.link(DESK), NOTICES[decision])
    if decision != "keep":
        raise NotDoubtful("Choose what the person refuses, or that they refuse nothing.")
    with page.hub.store.writing() as session:
        keep(session, session.get_one(DoubtfulRefusal, doubt.id), page.user.id, page.now)
    return page.redirect(page.link(DESK), "Noted: it does not ask for a stop.")


PAGES = (
    Page(f"{DESK}/conflicts/{{person_id}}", decide_people, "consent", method="POST"),
    Page(f"{DESK}/merges/{{merge_id}}/split", split, "consent", method="POST"),
    Page(f"{DESK}/doubts/{{doubt_id}}", decide_doubt, "consent", method="POST"),
)
