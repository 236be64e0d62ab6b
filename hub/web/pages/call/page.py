"""The page itself: reads everything about one contact that the user may see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import existing
from hub.flow.case import Subject
from hub.model import Call, Lead, OutgoingCall
from hub.model.imports import was_imported
from hub.numbers.flows import revisions_of
from hub.platform.formats import NOTHING, phone
from hub.queries.contact.caller import facts_of_caller, follow_ups
from hub.queries.contact.consent import ConsentEvidence, consent_evidence
from hub.queries.contact.find import find_contact
from hub.queries.contact.sent import sent_of
from hub.queries.contact.source import source_evidence
from hub.queries.contact.view import ContactView, read_parts, view_of
from hub.queries.lists.filters import ContactFilter
from hub.queries.lists.paging import neighbors
from hub.queries.marks import marks_of
from hub.queries.masking import Mask
from hub.queries.search import Found
from hub.queries.timeline.build import timeline
from hub.recordings.end import recording_end
from hub.recordings.listen import note_listening_once
from hub.store.encryption.search_words import words_of
from hub.texts.bodies import open_body
from hub.web.pages.call import player, story, why
from hub.web.pages.call.hearing import content_of, recordings_for, why_no_recording
from hub.web.pages.call.lead_goes import goes_of
from hub.web.pages.call.sent import RESULTS, sent_answer, sent_lines
from hub.web.pages.calls.columns import OUTCOMES
from hub.web.pages.calls.filters import filter_of_page
from hub.web.pages.do_not_contact import do_not_contact
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_LIST_CHARACTERS = 2_000
SCREENED = {
    "reject": "Rejected before it was answered.",
    "voicemail": "Led to voicemail.",
    "challenge": "Asked to press 1.",
}
"""What was done with a suspect call, in words."""


def call_page(page: PageRequest) -> Response:
    """One call, text or form."""
    with page.session() as session:
        subject = subject_of(page, session)
        contact = view_of(session, page.hub.vault, subject, page.user)
        show_in_zone_of(page, contact)
        values = _values(page, session, subject, contact)
        lead = session.get(Lead, subject.id) if page.may("marks") else None
    values["goes"] = goes_of(page, contact, lead) if page.may("marks") and not contact.erased else None
    for each in values["heard"]:
        if each.parts:
            with page.hub.store.writing() as session:
                note_listening_once(session, page.hub, page.user.id, "transcript.read", each.row)
    return page.render("call.html", title=title_of(contact), typed=page.typed, **values)


def subject_of(page: PageRequest, session: Session) -> Subject:
    """The contact of the page's path; NotFound if the user may not see it."""
    calls = existing(page.scope_for("calls"))
    return find_contact(session, calls, page.scope_for("texts"), page.path("contact_id"))


def show_in_zone_of(page: PageRequest, contact: ContactView) -> None:
    """Show all times in the time zone of the contact's company, whichever company is chosen."""
    page.zone = ZoneInfo(contact.company.time_zone)


def address_of(page: PageRequest, **query: object) -> str:
    """The page's own address, which keeps the list that the user came from."""
    return page.link(f"/calls/{page.path('contact_id')}", list=list_of(page), **query)


def list_of(page: PageRequest) -> str | None:
    """The query string of the list that the user came from."""
    return page.query.get("list", "")[:MAX_LIST_CHARACTERS] or None


def undo_of(page: PageRequest) -> list[tuple[str, str]] | None:
    """The fields of the form that undoes the last change of the lead; None if nothing was just changed."""
    if page.query.get("undo") != "lead":
        return None
    return [(name, page.query.get(f"was_{name}", "")) for name in ("status", "amount", "tags")]


def noted_call_back(page: PageRequest) -> tuple[str, str] | None:
    """The call and the call back that the user has just noted, for the notice that undoes it."""
    call_id, _, noted = page.query.get("done", "").partition(".")
    if not noted or not page.may("contact"):
        return None
    with page.session() as session:
        row = session.exec(page.scope.select(OutgoingCall).where(OutgoingCall.id == noted)).first()
    return (call_id, noted) if row is not None and row.subject_id == call_id and row.is_by_hand else None


def title_of(contact: ContactView) -> str:
    """Who it is; an erased person is named so."""
    if contact.erased:
        return "Erased person"
    number = phone(contact.number)
    return contact.name or (number if number != NOTHING else contact.email or "Hidden number")


def _values(page: PageRequest, session: Session, subject: Subject, contact: ContactView) -> dict[str, Any]:
    hub, connectors = page.hub, page.hub.plugins.connectors
    read_parts([contact], "company", "tracker", "name", "answered_by")
    source = source_evidence(session, subject.id, contact.tracking_number)
    consent = consent_evidence(session, subject, source.cause.visit_id if source else None)
    ads = {name for name, each in connectors.items() if each.manifest.kind == "ads"}
    sent = sent_lines(sent_of(session, subject.id), connectors)
    marks = marks_of(session, page.scope, hub.vault, subject.id)
    names = {name: each.manifest.recipient.name for name, each in connectors.items()}
    may_deliveries = page.may("deliveries")
    entries = timeline(session, subject, Mask(off=True), hub.vault, hub.config.connector_title, with_webhooks=False)
    entries = [each for each in entries if may_deliveries or each.stage not in ("convert", "deliver")]
    texts, calls = follow_ups(session, subject, with_texts=page.may("texts"))
    bodies = [
        (text, open_body(hub.vault, session, text) if page.may("bodies") and text.body else None) for text in texts
    ]
    lines = story.lines_of(contact, entries, source, consent, names)
    lines += story.later_lines(marks.history, bodies, calls)
    newer, older = _neighbors(page, session, contact)
    notice = why.last_notice(consent.notices)
    return {
        "contact": contact,
        "source": source,
        "consent": consent,
        "notice_told": notice,
        "notice_version": revisions_of(session, [notice.flow_version]).get(notice.flow_version) if notice else None,
        "source_answer": why.source_answer(source, contact),
        **_heard(page, session, subject, consent),
        "ads_answer": why.ads_answer(consent, ads),
        "sent_answer": sent_answer(sent) if may_deliveries else None,
        "sent": sent,
        "lines": story.in_time(lines),
        "marks": marks,
        "screened": SCREENED,
        "verdict": None if contact.erased else contact.spam_verdict,
        "content": content_of(page, session, subject),
        "facts": facts_of_caller(session, hub.vault, subject.id),
        "waits": isinstance(subject, Call)
        and subject.over
        and not subject.answered
        and not any(each.answered_at for each in calls),
        "no_contact": None if contact.erased else do_not_contact(page, session, "calls", subject.id),
        "newer": newer,
        "older": older,
        "undo": undo_of(page),
        "noted": noted_call_back(page),
        "outcomes": OUTCOMES,
        "why": why,
        "player": player,
        "names": names,
        "results": RESULTS,
        "lead_words": story.LEAD_WORDS,
        "here": lambda path="", **query: page.link(f"/calls/{subject.id}{path}", list=list_of(page), **query),
        "list": list_of(page),
    }


def _neighbors(page: PageRequest, session: Session, contact: ContactView) -> tuple[str | None, str | None]:
    """The next newer and the next older one of the list that the user came from, or else of all."""
    scope, companies, wanted = page.scope, page.company_ids, ContactFilter()
    query = list_of(page)
    if query is not None:
        of_list = replace(page, request=Request({**page.request.scope, "query_string": query.encode()}))
        companies, wanted = of_list.company_ids, filter_of_page(of_list)
    return neighbors(session, scope, companies, wanted, contact.at, contact.id)


def _heard(page: PageRequest, session: Session, subject: Subject, consent: ConsentEvidence) -> dict[str, object]:
    """What can be heard of a call, and the answer on the recording."""
    if not isinstance(subject, Call):
        return {"heard": [], "sought": None, "recording_answer": None, "why_no_recording": None, "recording_end": None}
    heard = recordings_for(page, session, subject)
    answer = why.recording_answer(consent, subject.voicemail, was_imported(subject))
    return {
        "heard": heard,
        "sought": Found(words=words_of(page.query.get("q", ""))),
        "recording_answer": answer,
        "why_no_recording": why_no_recording(page, subject, heard, answer),
        "recording_end": recording_end(session, page.hub, subject) if page.may("end_recording") else None,
    }


PAGES = (Page("/calls/{contact_id}", call_page),)
