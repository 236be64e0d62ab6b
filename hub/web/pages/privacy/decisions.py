"""What the officer decides in the queue: one person or two, and whether a text asks for a stop."""

from __future__ import annotations

from starlette.responses import Response

from hub.errors import CannotDo, NotFound
from hub.marks.merges import decide_conflict, split_people
from hub.model import TextMessage
from hub.queries.privacy.conflicts import conflict_of, people_in
from hub.texts.doubts import NotDoubtful, keep, stop_by_hand
from hub.web.pages.guard import Page
from hub.web.pages.privacy.words import DESK
from hub.web.pages.request import PageRequest


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
    """Decide that a doubtful text asks for a stop, or does not."""
    with page.session() as session:
        text: TextMessage = page.scope.one(session, TextMessage, page.path("text_id"))
    if text.person_number is None:
        raise NotFound("Not found")
    if page.value("decision") == "stop":
        stop_by_hand(page.hub, text, page.user.id)
        return page.redirect(page.link(DESK), "Stopped: the person gets no more texts.")
    if page.value("decision") != "keep":
        raise NotDoubtful("Choose whether the text asks for a stop.")
    with page.hub.store.writing() as session:
        keep(session, session.get_one(TextMessage, text.id), page.user.id, page.now)
    return page.redirect(page.link(DESK), "Noted: it does not ask for a stop.")


PAGES = (
    Page(f"{DESK}/conflicts/{{person_id}}", decide_people, "consent", method="POST"),
    Page(f"{DESK}/merges/{{merge_id}}/split", split, "consent", method="POST"),
    Page(f"{DESK}/doubts/{{text_id}}", decide_doubt, "consent", method="POST"),
)
