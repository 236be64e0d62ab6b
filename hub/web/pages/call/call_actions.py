"""What a user does on the page of a contact: mark the lead, write and delete notes, replay deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, select
from starlette.responses import Response

from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money
from hub.delivery.replay import replay
from hub.delivery.replay_fresh import Step, replay_fresh
from hub.errors import CannotDo, NotFound, about_field, existing
from hub.marks.leads import LeadMark, lead_status, mark_lead, parse_value
from hub.marks.notes import add_note, delete_note
from hub.marks.spam import block_caller, mark_spam
from hub.marks.tag_definitions import tag_name
from hub.marks.tags import tag, untag
from hub.model import Delivery, Lead, Note, Tag
from hub.recordings.end import HELD, IN_WORDS, end_recording
from hub.web.pages.call.page import address_of, call_page, subject_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

FRESH_WORDS: Mapping[Step, str] = {
    "rebuilt": "It is built again from what is known now, and sent.",
    "restated": "The changed value is sent as a change of what the network has.",
    "repeated_and_restated": "The same is sent again, and the changed value behind it.",
}
VALUE_NEEDS_STATUS = "Choose a status too; a value belongs to a lead."


@dataclass(frozen=True)
class SavedLead:
    """The mark and the tags before a change, and whether there was one."""

    former: LeadMark | None
    tags: Sequence[str]
    changed: bool


def mark(page: PageRequest) -> Response:
    """Set lead status, value and tags. The page then offers to undo it."""
    saved = save_lead(page)
    if not saved.changed:
        return page.redirect(address_of(page), "Nothing was changed.")
    if page.value("undone"):
        return page.redirect(address_of(page), "The change of the lead was undone.")
    return page.redirect(address_of(page, **_undo(saved.former, saved.tags)))


def save_lead(page: PageRequest) -> SavedLead:
    """Store what the form of the lead has."""
    with page.session() as session:
        contact_id = _contact(page, session)
        lead = session.get(Lead, contact_id)
    status, value, tags = _checked(page, lead.currency if lead else None)
    with page.hub.store.writing() as session:
        before = _tags(session, contact_id)
        former = mark_lead(session, page.scope, contact_id, status, page.now, value)
        _set_tags(session, page, contact_id, before, tags)
    same_lead = former == (LeadMark(status, value) if status else None)
    same_tags = {each.casefold() for each in before} == {each.casefold() for each in tags}
    return SavedLead(former, before, not (same_lead and same_tags))


def note(page: PageRequest) -> Response:
    """Add a note."""
    with page.session() as session:
        contact_id = _contact(page, session)
    with page.hub.store.writing() as session:
        add_note(session, page.scope, page.hub.vault, contact_id, page.value("note"), page.now)
    return page.redirect(address_of(page) + "#notes", "The note was added.")


def remove_note(page: PageRequest) -> Response:
    """Delete a note."""
    with page.session() as session:
        contact_id = _contact(page, session)
        wanted = select(Note.id).where(Note.id == page.path("note_id"), Note.subject_id == contact_id)
        if session.exec(wanted).first() is None:
            raise NotFound("Not found")
    with page.hub.store.writing() as session:
        delete_note(session, page.scope, page.path("note_id"), page.now)
    return page.redirect(address_of(page) + "#notes", "The note was deleted.")


def spam(page: PageRequest) -> Response:
    """Say that it is spam, or that it is not."""
    with page.session() as session:
        contact_id = _contact(page, session)
    is_spam = page.value("spam") == "yes"
    with page.hub.store.writing() as session:
        mark_spam(session, page.scope, contact_id, is_spam, page.now)
    said = (
        "It is marked as spam: no rule makes a conversion of it."
        if is_spam
        else "It is no longer marked as spam, and its caller is not scored again."
    )
    return page.redirect(address_of(page), said)


def block(page: PageRequest) -> Response:
    """Put the caller on the company's block list; the call becomes spam."""
    with page.session() as session:
        contact_id = _contact(page, session)
    with page.hub.store.writing() as session:
        block_caller(session, page.scope, contact_id, page.now)
    return page.redirect(address_of(page), "The caller is blocked, and this call is marked as spam.")


def end(page: PageRequest) -> Response:
    """End the recording, or delete it after the call, because the caller does not want it."""
    with page.session() as session:
        call = page.scope.call(session, page.path("contact_id"))
    outcome, held = end_recording(page.hub, call, page.user.id)
    return page.redirect(address_of(page) + "#recording", f"{IN_WORDS[outcome]}{f' {HELD}' if held else ''}")


def again(page: PageRequest) -> Response:
    """Replay one delivery: the same payload again, or one that is built from what is known now."""
    with page.session() as session:
        contact_id = _contact(page, session)
        wanted = select(Delivery.id).where(Delivery.id == page.path("delivery_id"), Delivery.subject_id == contact_id)
        found = existing(session.exec(wanted).first())
    with about_field(f"replay-{found}"), page.hub.store.writing() as session:
        notice = _replayed(page, session, found)
    return page.redirect(address_of(page) + "#sent", notice)


def _replayed(page: PageRequest, session: Session, delivery_id: str) -> str:
    """Replay as the form says; what happened, in words."""
    if page.value("how") == "fresh":
        fresh = replay_fresh(page.hub, session, page.directory, delivery_id, actor=page.user.id)
        return FRESH_WORDS[fresh.step]
    count = replay(session, [delivery_id], page.now, actor=page.user.id, about=delivery_id)
    return "The same is sent again." if count else "It was under way already; nothing was changed."


def _contact(page: PageRequest, session: Session) -> str:
    """The id of the page's contact; NotFound if the user may not see it."""
    return subject_of(page, session).id


def _checked(page: PageRequest, currency: str | None) -> tuple[LeadStatus | None, Money | None, list[str]]:
    amount = page.value("amount").replace(",", "").removeprefix("$")
    with about_field("status"):
        status = lead_status(page.value("status")) if page.value("status") else None
    with about_field("amount"):
        value = parse_value(amount, currency) if amount else None
    if value is not None and status is None:
        raise CannotDo(VALUE_NEEDS_STATUS, field="status")
    tags = [tag_name(each) for each in page.value("tags").split(",") if each.strip()]
    return status, value, list({each.casefold(): each for each in tags}.values())


def _tags(session: Session, contact_id: str) -> list[str]:
    return sorted(session.exec(select(Tag.name).where(Tag.subject_id == contact_id)), key=str.casefold)


def _set_tags(session: Session, page: PageRequest, contact_id: str, before: list[str], wanted: list[str]) -> None:
    kept = {each.casefold() for each in wanted}
    for name in before:
        if name.casefold() not in kept:
            untag(session, page.scope, contact_id, name, page.now)
    had = {each.casefold() for each in before}
    for name in wanted:
        if name.casefold() not in had:
            tag(session, page.scope, contact_id, name, page.now)


def _undo(former: LeadMark | None, tags: Sequence[str]) -> dict[str, object]:
    """The former lead, as the parameters of the page that offers to undo."""
    value = former.value if former else None
    return {
        "undo": "lead",
        "was_status": former.status.value if former else None,
        "was_amount": f"{value.amount:f} {value.currency}" if value else None,
        "was_tags": ", ".join(tags) or None,
    }


PAGES = (
    Page("/calls/{contact_id}/lead", mark, "marks", "POST", again=call_page, field="tags"),
    Page("/calls/{contact_id}/notes", note, "marks", "POST", again=call_page, field="note"),
    Page("/calls/{contact_id}/notes/{note_id}/delete", remove_note, "marks", "POST"),
    Page("/calls/{contact_id}/spam", spam, "marks", "POST"),
    Page("/calls/{contact_id}/block", block, "marks", "POST", again=call_page, field="block"),
    Page("/calls/{contact_id}/recording/end", end, "end_recording", "POST"),
    Page("/calls/{contact_id}/deliveries/{delivery_id}/replay", again, "replay", "POST", again=call_page),
)
