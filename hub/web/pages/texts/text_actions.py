"""What a user does in a thread: answer, decide on a held text, decide on a doubtful one."""

from __future__ import annotations

from starlette.responses import Response

from hub.delivery.answer_text import answer_text
from hub.errors import NotFound
from hub.model import TextMessage
from hub.queries.texts.recipients import due_time, newest_text_with, recipient_in
from hub.texts.doubts import NotDoubtful, doubt_about, keep, refuse
from hub.texts.queue import CannotText
from hub.texts.threads import NotHeld, release
from hub.web.pages.do_not_contact import WORDS
from hub.web.pages.request import PageRequest
from hub.web.pages.texts.answer_box import sent_notice, written


def send(page: PageRequest) -> Response:
    """Queue an answer; the worker sends it."""
    with page.session() as session:
        recipient = recipient_in(session, page.scope, _text(page).id)
        newest = newest_text_with(session, recipient)
    if newest is not None:
        recipient = type(recipient)(recipient.company_id, recipient.number, newest.tracking_number)
    body, once, later = written(page)
    if not body:
        raise CannotText("Write the text first.")
    text = answer_text(page.hub, page.directory, page.scope, recipient, body, once, later=later)
    with page.session() as session:
        due_at = due_time(session, text)
    return page.redirect(_back(page), sent_notice(page, due_at))


def decide_held(page: PageRequest) -> Response:
    """Send a held text again, or count it as sent."""
    text = _text(page)
    if page.value("decision") not in ("again", "went"):
        raise NotHeld("Choose whether it was sent or is to be sent again.")
    again = page.value("decision") == "again"
    with page.hub.store.writing() as session:
        row = session.get(TextMessage, text.id)
        assert row is not None
        release(session, row, again=again, actor=page.user.id, now=page.now)
    return page.redirect(_back(page), "It will be sent again, if it may." if again else "It counts as sent.")


def decide_doubt(page: PageRequest) -> Response:
    """Decide that a doubtful text refuses what it may refuse (texts, calls or both), or refuses nothing."""
    text = _text(page)
    if page.value("decision") == "stop":
        with page.session() as session:
            doubt = doubt_about(session, text.id)
        refuse(page.hub, doubt, page.user.id)
        return page.redirect(_back(page), f"Recorded: {WORDS[doubt.refused]} from now on.")
    if page.value("decision") != "keep":
        raise NotDoubtful("Choose whether the text asks for a stop.")
    with page.hub.store.writing() as session:
        keep(session, doubt_about(session, text.id), page.user.id, page.now)
    return page.redirect(_back(page), "Noted: it does not ask for a stop.")


def _text(page: PageRequest) -> TextMessage:
    """The text that the path names; NotFound if the user does not see it."""
    with page.session() as session:
        text: TextMessage = page.scope.one(session, TextMessage, page.path("thread"))
    if text.person_number is None:
        raise NotFound("Not found")
    return text


def _back(page: PageRequest) -> str:
    kept = {name: page.query.get(name) for name in ("show", "after")}
    return page.link(f"/texts/{page.path('thread')}", **kept)
