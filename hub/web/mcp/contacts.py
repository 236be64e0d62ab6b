"""The tools on contacts: the list of calls, texts and forms, and the timeline of one."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from hub.access.users import AccessRefused
from hub.contracts.titles import came_from
from hub.errors import CannotDo
from hub.model import Call, TextMessage
from hub.queries.contact.facts import facts_of
from hub.queries.contact.find import find_contact
from hub.queries.contact.recordings import recordings_of
from hub.queries.contact.view import ContactView, view_of, views_at
from hub.queries.lists.filters import ContactFilter, filter_of, on_days
from hub.queries.lists.paging import ContactList
from hub.queries.masking import HIDDEN
from hub.queries.timeline.build import timeline
from hub.queries.timeline.entries import Entry
from hub.reports.calendar import FIRST_DAY, LAST_DAY, own_days
from hub.store import audit
from hub.web.mcp.reader import UNTRUSTED, Reader

OF_PERSONS = (
    "caller_number", "caller_name", "person_number", "phone_number", "email", "name", "fields", "page", "body",
    "form", "reason",
)  # fmt: skip
"""What `facts_of` says that people outside wrote or that names them."""
OF_DELIVERIES = ("convert", "deliver", "disclose")


def list_contacts(
    reader: Reader,
    company: str | None,
    wanted: dict[str, Any],
    first: date | None,
    last: date | None,
    after: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of calls, texts and forms, the newest first. `wanted` are conditions as filter_of takes them."""
    if first and last and first > last:
        raise CannotDo("The period would end before it begins; swap first and last.")
    scope = reader.scope("calls")
    with reader.session(scope) as session:
        companies = reader.companies(session, scope, company)
        zones = {each.time_zone for each in companies}
        zone = ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")
        request = _filter(wanted, zone, reader)
        if first or last:
            request = on_days(request, own_days(companies, first or FIRST_DAY, last or LAST_DAY))
        contacts = ContactList(session, scope, [each.id for each in companies], request)
        found = contacts.page(after, limit)
        rows = views_at(session, reader.hub.vault, found.items, reader.user)
        count = contacts.count()
        names = {each.id: each.name for each in companies}
        listed = [_listed(reader, row, names) for row in rows]
    if rows:
        reader.note("list_calls", reader.user.account_id, f"{len(rows)} contacts")
    return {
        "contacts": listed,
        "count": count.number,
        "count_is_exact": count.exact,
        "time_zone_of_days": str(zone) if not request.days else "each company's own",
        "next": found.next,
    }


def _filter(wanted: dict[str, Any], zone: ZoneInfo, reader: Reader) -> ContactFilter:
    written = {name: str(value) for name, value in wanted.items() if value not in (None, "")}
    if "q" in written and not reader.in_clear:
        raise CannotDo(
            "This key hides personal data, so it cannot search for it; make one with `hub users key --scope personal_data`."
        )
    request = filter_of(written, zone, now=reader.hub.clock())
    if ignored := sorted(written.keys() - request.active().keys()):
        raise CannotDo(f"{ignored[0]} cannot have this value.")
    return request


def _listed(reader: Reader, row: ContactView, companies: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "at": row.at,
        "company": companies.get(row.company_id),
        "tracker": row.tracker_name,
        "tracker_title": row.tracker_title,
        "first_time": row.first_time,
        "outcome": row.outcome,
        "failed": row.broke_off,
        "spam": row.spam,
        "duration_seconds": row.duration,
        "answered_at_number": reader.number(row.answered_at_number),
        "lead": row.lead_status,
        "amount": row.amount,
        "currency": row.currency,
        "deliveries": dict(row.sent),
        "recording": row.recording_state,
        "consent": row.consent,
        "erased": row.erased,
        UNTRUSTED: {
            "name": reader.words(row.name),
            "number": reader.number(row.number),
            "email": reader.words(row.email),
            "keyword": reader.words(row.keyword),
            "landing_page": reader.mask.page(row.landing_page),
            "came_from": reader.said(came_from(row.source, row.medium) if row.source else None),
            **reader.said({"source": row.source, "medium": row.medium, "campaign": row.campaign, "tags": row.tags}),
        },
    }


def show_contact(reader: Reader, contact_id: str, with_transcript: bool) -> dict[str, Any]:
    """One call, incoming text or form with its timeline, and the transcripts of a call if they are wanted."""
    calls, texts = reader.scope("calls"), reader.scope("texts") if reader.may("texts") else None
    may_bodies, may_deliveries = reader.may("bodies"), reader.may("deliveries")
    with reader.session(calls) as session:
        subject = find_contact(session, calls, texts, contact_id)
        view = view_of(session, reader.hub.vault, subject)
        facts, verdict = facts_of(view, reader.mask), view.spam_verdict
        name_of = reader.hub.config.connector_title
        entries = timeline(session, subject, reader.mask, reader.hub.vault, name_of, with_webhooks=False)
    if isinstance(subject, TextMessage) and facts.get("body") and not may_bodies:
        facts["body"] = HIDDEN
    reader.note("show_call", subject.id)
    if verdict is not None:
        facts["spam_score"] = {
            "score": verdict.score,
            "reasons": [each._asdict() for each in verdict.reasons],
            "action": verdict.action,
            "decided_at": verdict.decided_at,
            "overruled_at": verdict.overruled_at,
        }
    about = {name: facts.pop(name) for name in OF_PERSONS if name in facts}
    found = {
        **facts,
        UNTRUSTED: reader.said(about),
        "timeline": [_entry(reader, each) for each in entries if may_deliveries or each.stage not in OF_DELIVERIES],
    }
    if with_transcript:
        found["transcripts"] = _transcripts(reader, subject)
    return found


def _entry(reader: Reader, entry: Entry) -> dict[str, Any]:
    said = {"text": entry.text, "details": entry.details}
    return {"at": entry.at, "stage": entry.stage, "state": entry.state, UNTRUSTED: reader.said(said)}


def _transcripts(reader: Reader, subject: Any) -> list[dict[str, Any]]:
    """What was said on a call; each reading has an audit entry of its own."""
    scope = reader.scope("voicemail")
    if not reader.in_clear:
        raise CannotDo("This key hides what people said; make one with `hub users key --scope personal_data`.")
    if not isinstance(subject, Call):
        raise CannotDo("Only calls have transcripts.")
    with reader.session(scope) as session:
        heard = recordings_of(reader.hub, session, scope.call(session, subject.id), reader.user)
    if not heard and not reader.may("transcripts"):
        raise AccessRefused(f"The role {reader.user.role} reads messages only, and this call has none.")
    with reader.hub.store.writing() as session:
        for each in heard:
            if each.parts:
                audit.note(session, reader.hub.clock(), reader.user.id, "recording.transcript", each.row.id, "mcp")
    return [
        {
            "recording": each.row.id,
            "why_not": each.why_unwritten,
            UNTRUSTED: [{"speaker": part.channel, "text": part.text} for part in each.parts or ()],
        }
        for each in heard
    ]
