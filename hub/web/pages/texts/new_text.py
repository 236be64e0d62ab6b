"""`/texts/new?subject=ID`: a first text to the person of a call, a form or a person's page."""

from __future__ import annotations

from starlette.responses import Response

from hub.delivery.answer_text import answer_text
from hub.queries.contact.thread_names import names_in_threads
from hub.queries.texts.recipients import due_time, newest_text_with, recipient_in
from hub.texts.queue import CannotText
from hub.web.pages.request import PageRequest
from hub.web.pages.texts.answer_box import answer_box, sent_notice, written


def new_text(page: PageRequest) -> Response:
    """The box for a first text; a person who has a thread is answered there."""
    with page.session() as session:
        recipient = recipient_in(session, page.scope, page.query.get("subject", ""))
        there = newest_text_with(session, recipient)
    if there is not None and page.may("bodies") and not page.errors:
        return page.redirect(page.link(f"/texts/{there.id}", template=page.query.get("template")))
    with page.session() as session:
        key = (recipient.company_id, recipient.number)
        name = names_in_threads(session, page.hub.vault, [key]).get(key)
    return page.render(
        "texts_new.html",
        title="New text",
        number=recipient.number,
        name=name,
        box=answer_box(page, recipient),
        action=page.link("/texts/new", subject=page.query.get("subject")),
    )


def send_new(page: PageRequest) -> Response:
    """Queue the text; its thread shows it."""
    with page.session() as session:
        recipient = recipient_in(session, page.scope, page.query.get("subject", ""))
    body, once, later = written(page)
    if not body:
        raise CannotText("Write the text first.")
    text = answer_text(page.hub, page.directory, page.scope, recipient, body, once, later=later)
    with page.session() as session:
        due_at = due_time(session, text)
    return page.redirect(page.link(f"/texts/{text.id}"), sent_notice(page, due_at))
