"""The tools on contacts: the list of calls, texts and forms, and the timeline of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hub.access.users import AccessRefused
from hub.contracts.titles import came_from
from hub.errors import CannotDo
from hub.model import Call, TextMessage
from hub.platform.fields import only
from hub.queries.activity.queues import queues_now
from hub.queries.contact.facts import facts_of
from hub.queries.contact.find import find_contact
from hub.queries.contact.recordings import recordings_of
from hub.queries.contact.view import ContactView, view_of, views_at
from hub.queries.lists.filters import RIGHTS, ContactFilter, filter_of, on_days
from hub.queries.lists.paging import ContactList
from hub.queries.masking import HIDDEN
from hub.queries.missed_calls import MISSED_WITHIN, waiting_callers
from hub.queries.timeline.build import timeline
from hub.queries.timeline.entries import Entry
from hub.reports.calendar import FIRST_DAY, LAST_DAY, own_days
from hub.store import audit
from hub.web.mcp.reader import UNTRUSTED, Reader, without_empty

OF_PERSONS = (
    "caller_number", "caller_name", "person_number", "phone_number", "email", "name", "fields", "page", "body",
    "form", "reason",
)  # fmt: skip
"""What `facts_of` says that people outside wrote or that names them."""
OF_THE_HUB = ("person", "work", "expires_at", "attestation", "recording", "carrier", "carrier_id", "found_by")
"""What `facts_of` says that explains the hub's own work."""
OF_DELIVERIES = ("convert", "deliver", "disclose")


def list_contacts(
    reader: Reader,
    companies: Sequence[str] | None,
    wanted: dict[str, Any],
    first: date | None,
    last: date | None,
    after: str | None,
    limit: int,
    fields: Sequence[str] | None = None,
) -> dict[str, Any]:
    """A page of calls, texts and forms, the newest first. `wanted` are conditions as filter_of takes them; `fields` are some of
    FIELDS."""
    if first and last and first > last:
        raise CannotDo("The period would end before it begins; swap first and last.")
    scope = reader.scope("calls")
    with reader.session(scope) as session:
        rows = reader.companies(session, scope, companies)
        zones = {each.time_zone for each in rows}
        zone = ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")
        request = _filter(wanted, zone, reader)
        if first or last:
            request = on_days(request, own_days(rows, first or FIRST_DAY, last or LAST_DAY))
        contacts = ContactList(session, scope, [each.id for each in rows], request)
        found = contacts.page(after, limit)
        views = views_at(session, reader.hub.vault, found.items, reader.user)
        count = contacts.count()
        names = {each.id: each.name for each in rows}
        listed = [_listed(reader, view, names, fields or DEFAULT_FIELDS) for view in views]
    if views:
        reader.note("list_calls", reader.user.account_id, f"{len(views)} contacts")
    return {
        "contacts": listed,
        "count": count.number,
        "count_is_exact": count.exact,
        "time_zone_of_days": str(zone) if not request.days else "each company's own",
        "next": found.next,
    }


def waiting(reader: Reader, companies: Sequence[str] | None, limit: int) -> dict[str, Any]:
    """The callers whom nobody has called back, the one who waits longest first."""
    scope = reader.scope("calls")
    with reader.session(scope) as session:
        rows = {each.id: each.name for each in reader.companies(session, scope, companies)}
        now = reader.hub.clock()
        found, total = waiting_callers(session, scope, reader.hub.vault, now, companies=list(rows), limit=limit)
    if found:
        reader.note("who_waits_for_a_call_back", reader.user.account_id, f"{len(found)} callers")
    callers = [
        {
            "newest_call": each.call_id,
            "company": rows[each.company_id],
            **only("missed", "first_missed_at", "last_missed_at", "voicemail")(each),
            "waits_minutes": int(each.waits.total_seconds() // 60),
            UNTRUSTED: {"name": reader.words(each.caller_name), "number": reader.number(each.caller_number)},
        }
        for each in found
    ]
    return {"callers": callers, "count": total, "days_back": MISSED_WITHIN.days}


def queues(reader: Reader, companies: Sequence[str] | None, first: date | None, last: date | None) -> dict[str, Any]:
    """The queues as they are now, and the figures of some days."""
    scope, config, now = reader.scope("calls"), reader.hub.config, reader.hub.clock()
    with reader.session(scope) as session:
        found = queues_now(session, scope, reader.companies(session, scope, companies), config, (first, last), now)
    if found.waits:
        reader.note("show_queues", reader.user.account_id, f"{len(found.waits)} callers")
    return {
        "waits": [
            {
                **without_empty(only("company", "flow", "step", "state", "since", "waited", "agent", "call_id")(each)),
                UNTRUSTED: {"number": reader.number(each.caller_number)},
            }
            for each in found.waits
        ],
        "agents": [
            without_empty(
                only("company", "name", "phone", "skills", "doing", "since", "changed_by", "missed_calls", "call_id")(
                    each
                )
            )
            for each in found.agents
        ],
        "figures": [asdict(each) for each in found.figures],
    }


def _filter(wanted: dict[str, Any], zone: ZoneInfo, reader: Reader) -> ContactFilter:
    written = {name: str(value) for name, value in wanted.items() if value not in (None, "")}
    if "q" in written and not reader.in_clear:
        raise CannotDo(
            "This key hides personal data, so it cannot search for it; make one with `hub users key --scope personal_data`."
        )
    for name in written.keys() & RIGHTS.keys():
        if not reader.may(RIGHTS[name]):
            raise CannotDo(f"The role {reader.user.role} may not filter by {name}.")
    request = filter_of(written, zone, now=reader.hub.clock())
    if ignored := sorted(written.keys() - request.active().keys()):
        raise CannotDo(f"{ignored[0]} cannot have this value.")
    return request


OF_HUB: Mapping[str, Callable[[Reader, ContactView], Any]] = {
    "tracker": lambda reader, row: row.tracker_name,
    "tracker_title": lambda reader, row: row.tracker_title,
    "first_time": lambda reader, row: row.first_time,
    "outcome": lambda reader, row: row.outcome,
    "failed": lambda reader, row: row.broke_off,
    "spam": lambda reader, row: row.spam,
    "duration_seconds": lambda reader, row: row.duration,
    "answered_at_number": lambda reader, row: reader.number(row.answered_at_number),
    "lead": lambda reader, row: row.lead_status,
    "amount": lambda reader, row: row.amount,
    "currency": lambda reader, row: row.currency,
    "deliveries": lambda reader, row: dict(row.sent),
    "recording": lambda reader, row: row.recording_state,
    "consent": lambda reader, row: row.consent,
    "erased": lambda reader, row: row.erased,
}
"""What a row of a list can say besides its id, kind, time and company."""
FROM_OUTSIDE: Mapping[str, Callable[[Reader, ContactView], Any]] = {
    "name": lambda reader, row: reader.words(row.name),
    "number": lambda reader, row: reader.number(row.number),
    "email": lambda reader, row: reader.words(row.email),
    "keyword": lambda reader, row: reader.words(row.keyword),
    "landing_page": lambda reader, row: reader.mask.page(row.landing_page),
    "came_from": lambda reader, row: reader.said(came_from(row.source, row.medium) if row.source else None),
    "source": lambda reader, row: reader.said(row.source),
    "medium": lambda reader, row: reader.said(row.medium),
    "campaign": lambda reader, row: reader.said(row.campaign),
    "tags": lambda reader, row: reader.said(row.tags),
}
"""The same of what people outside wrote."""
Field = Literal[
    "tracker", "tracker_title", "first_time", "outcome", "failed", "spam", "duration_seconds", "answered_at_number", "lead",
    "amount", "currency", "deliveries", "recording", "consent", "erased", "name", "number", "email", "keyword",
    "landing_page", "came_from", "source", "medium", "campaign", "tags",
]  # fmt: skip
DEFAULT_FIELDS: Sequence[Field] = (
    "tracker", "first_time", "outcome", "failed", "spam", "duration_seconds", "lead", "name", "number", "came_from", "campaign",
)  # fmt: skip
"""What a row says unless other fields are asked for."""


FOLDED = frozenset({"consent", "deliver", "disclose", "enrich"})
"""Stages of which a call has many entries that say the same of different recipients or facts."""


def _listed(reader: Reader, row: ContactView, companies: dict[str, str], fields: Sequence[str]) -> dict[str, Any]:
    outside = {name: FROM_OUTSIDE[name](reader, row) for name in fields if name in FROM_OUTSIDE}
    return without_empty(
        {
            "id": row.id,
            "kind": row.kind,
            "at": row.at.replace(microsecond=0),
            "company": companies.get(row.company_id),
            **{name: OF_HUB[name](reader, row) for name in fields if name in OF_HUB},
            UNTRUSTED: without_empty(outside),
        }
    )


def show_contact(reader: Reader, contact_id: str, detail: bool, with_transcript: bool) -> dict[str, Any]:
    """One call, incoming text or form with its timeline, and the transcripts of a call if they are wanted. With `detail` also
    what only explains the hub's own work: ids of the carrier, the details of each entry."""
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
    if verdict is not None and (detail or facts.get("spam")):
        facts["spam_score"] = {
            "score": verdict.score,
            "reasons": [each._asdict() for each in verdict.reasons],
            "action": verdict.action,
            "decided_at": verdict.decided_at,
            "overruled_at": verdict.overruled_at,
        }
    about = {name: facts.pop(name) for name in OF_PERSONS if name in facts}
    seen = [each for each in entries if may_deliveries or each.stage not in OF_DELIVERIES]
    seen = [each for each in seen if reader.may("transcripts") or not each.is_of_transcript]
    found = {
        **(facts if detail else without_empty({name: each for name, each in facts.items() if name not in OF_THE_HUB})),
        UNTRUSTED: reader.said(without_empty(about)),
        "timeline": [_entry(reader, each) for each in seen] if detail else _folded(reader, seen),
    }
    if with_transcript:
        found["transcripts"] = _transcripts(reader, subject)
    return found


def _entry(reader: Reader, entry: Entry) -> dict[str, Any]:
    said = {"text": entry.text, "details": entry.details}
    return {"at": entry.at, "stage": entry.stage, "state": entry.state, UNTRUSTED: reader.said(said)}


def _folded(reader: Reader, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The entries in short: of a delivery how it stands, and one entry for all decisions, deliveries, disclosures and facts
    that came out alike."""
    groups: dict[tuple[object, ...], tuple[Entry, Counter[str]]] = {}
    for number, entry in enumerate(entries):
        if entry.data.get("step") in ("made", "try"):
            continue
        key = (entry.stage, entry.state) if entry.stage in FOLDED else (number,)
        text = entry.text.removesuffix(" ended").replace(f" {entry.data.get('key')}", "")
        groups.setdefault(key, (entry, Counter()))[1][text] += 1
    return [
        without_empty(
            {
                "at": entry.at.replace(microsecond=0),
                "stage": entry.stage,
                "state": entry.state,
                UNTRUSTED: {
                    "text": reader.said("; ".join(f"{t} ({n} times)" if n > 1 else t for t, n in texts.items()))
                },
            }
        )
        for entry, texts in groups.values()
    ]


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
