"""Builds the timeline of one call, text or form from the tables: one entry per thing that happened, ordered by time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, func, select

from hub.contracts.events import FAILURE_WORDS
from hub.contracts.titles import came_from, campaign_title, fact_title, readable, source_title, titled
from hub.model import (
    Attribution,
    Call,
    CallEventRow,
    ConsentDecision,
    ConversionRow,
    Delivery,
    Disclosure,
    FactRow,
    FormSubmission,
    InboxWebhook,
    OutcomeRow,
    PageView,
    Recording,
    TextMessage,
)
from hub.model.people import FAILED_SOURCE
from hub.model.states import InboxState
from hub.platform.fields import only
from hub.platform.id_words import words_of
from hub.queries.masking import Mask
from hub.queries.timeline.call_backs import call_back_entries
from hub.queries.timeline.call_steps import step_entries
from hub.queries.timeline.entries import Entry, NameOf, in_order
from hub.queries.timeline.legs import leg_details
from hub.queries.timeline.marks import mark_entries
from hub.queries.timeline.receipts import (
    conversion_entry,
    decision_entry,
    delivery_entries,
    disclosure_entry,
    drift_entries,
    worth,
)
from hub.store.encryption.encrypted_fields import values_of
from hub.store.encryption.vault import Vault


def recording_entries(session: Session, call: Call) -> Iterator[Entry]:
    """One entry for each recording: when it was stored, else when it was made."""
    mine = select(Recording).where(Recording.call_id == call.id).order_by(col(Recording.id))
    for row in session.exec(mine):
        what = "voicemail" if row.kind == "voicemail" else "recording"
        length = "" if row.duration is None else f", {row.duration} s"
        details = [f"{row.id}{length}", *([row.reason] if row.reason else [])]
        if row.carrier_deleted_at is not None:
            details.append("deleted at the carrier")
        data: dict[str, object] = {
            "recording": row.id,
            **only("kind", "duration", "reason", "stored_at", "carrier_deleted_at", "expires_at")(row),
        }
        yield Entry(row.stored_at or row.recorded_at, "receive", what, tuple(details), row.state, data)


if TYPE_CHECKING:
    from hub.flow.case import Subject


PAGES_SHOWN = 5
ENDS = ("completed", "failed")
"""Kinds of events after which a call is over."""


def timeline(
    session: Session, subject: Subject, mask: Mask, vault: Vault, name_of: NameOf, *, with_webhooks: bool = True
) -> list[Entry]:
    """Everything known about a call, text or form, from its first webhook to its last receipt. `with_webhooks`: also the
    raw webhooks, which belong to no account, and which only a search of the inbox finds."""
    entries = (
        [_form(subject)] if isinstance(subject, FormSubmission) else [*_events(session, subject, mask, with_webhooks)]
    )
    if isinstance(subject, Call):
        entries += step_entries(session, subject, name_of)
        entries += recording_entries(session, subject)
    attribution = session.get(Attribution, subject.id)
    if attribution is not None:
        entries.append(_attribution(attribution, mask))
        entries += _pages(session, attribution, mask)
    facts = session.exec(select(FactRow).where(FactRow.subject_id == subject.id).order_by(col(FactRow.id))).all()
    values = values_of(vault, session, facts)
    entries += [_fact(fact, values.get(fact.id), mask, name_of) for fact in facts]
    entries += mark_entries(session, subject, mask, vault)
    decided = select(ConsentDecision).where(ConsentDecision.subject_id == subject.id).order_by(col(ConsentDecision.id))
    entries += [decision_entry(each, name_of) for each in session.exec(decided)]
    outcomes = session.exec(select(OutcomeRow).where(OutcomeRow.subject_id == subject.id)).all()
    entries += [_outcome(each, name_of) for each in outcomes]
    made = select(ConversionRow).where(ConversionRow.subject_id == subject.id).order_by(col(ConversionRow.id))
    conversions = session.exec(made).all()
    entries += map(conversion_entry, conversions)
    sent = select(Delivery).where(Delivery.subject_id == subject.id).order_by(col(Delivery.id))
    deliveries = session.exec(sent).all()
    entries += delivery_entries(session, deliveries, name_of)
    entries += drift_entries(session, conversions, deliveries, name_of)
    disclosures = session.exec(
        select(Disclosure).where(Disclosure.subject_id == subject.id).order_by(col(Disclosure.id))
    )
    entries += [disclosure_entry(each, name_of) for each in disclosures]
    entries += call_back_entries(session, subject.id, mask, name_of)
    return in_order(entries)


def _events(session: Session, subject: Call | TextMessage, mask: Mask, with_webhooks: bool) -> Iterator[Entry]:
    """Every event with the webhook that reported it, and the webhooks that reported no event."""
    carrier_id = subject.carrier_call_id if isinstance(subject, Call) else subject.carrier_message_id
    inbox = (
        {}
        if carrier_id is None or not with_webhooks
        else {
            row.id: row
            for row in session.exec(
                select(InboxWebhook).where(
                    InboxWebhook.connector == subject.connector,
                    col(InboxWebhook.event_key).contains(carrier_id, autoescape=True),
                )
            )
        }
    )
    events: Sequence[CallEventRow] = ()
    if isinstance(subject, Call):
        rows = select(CallEventRow).where(CallEventRow.call_id == subject.id)
        reported = session.exec(rows.order_by(col(CallEventRow.at), col(CallEventRow.id))).all()
        # A caller who hangs up while a phone rings ends both in one second: the end comes last.
        events = sorted(reported, key=lambda event: (event.at, event.kind in ENDS))
    else:
        what = (
            "text"
            if subject.direction == "in"
            else f"text to be sent ({titled('text_purpose', subject.purpose or 'reply')})"
        )
        yield Entry(subject.at, "receive", what, (), None, {"event": "text"})
    wanted = {event.inbox_id for event in events if event.inbox_id} - inbox.keys()
    if wanted and with_webhooks:
        inbox |= {row.id: row for row in session.exec(select(InboxWebhook).where(col(InboxWebhook.id).in_(wanted)))}
    for event in events:
        yield _event(event, inbox.get(event.inbox_id or ""), subject, mask)
    for row in inbox.values():
        if row.id not in {event.inbox_id for event in events}:
            yield _webhook(row, sent_the_text=isinstance(subject, TextMessage))


def _event(event: CallEventRow, row: InboxWebhook | None, subject: Call | TextMessage, mask: Mask) -> Entry:
    if row is None:
        by = "the carrier's call list" if event.reported_by == "reconcile" else event.reported_by
        detail = f"reported by {by}"
    else:
        lag = (row.received_at - event.at).total_seconds()
        detail = f"reported by webhook {row.event_key}, received {max(lag, 0):.0f} s later"
    data: dict[str, object] = {
        "event": event.kind,
        "reported_by": event.reported_by,
        "noted_at": event.noted_at,
        "webhook": _named(row) if row else None,
    }
    details: tuple[str, ...] = (detail,)
    if isinstance(subject, Call) and event.kind == "failed" and subject.failure:
        details, data["failure"] = (FAILURE_WORDS[subject.failure], detail), subject.failure
    if event.leg:
        data["leg"] = {**event.leg, "number": mask.phone(event.leg.get("number"))}
        details = (*leg_details(event.leg, mask), *details)
    return Entry(event.at, "receive", words_of(event.kind), details, None, data)


def _webhook(row: InboxWebhook, *, sent_the_text: bool) -> Entry:
    meanings: dict[str, str] = {
        InboxState.PARKED: "it was parked; run hub inbox replay after a fix",
        InboxState.QUARANTINED: "processes died of it; run hub quarantine replay after a fix",
        InboxState.DONE: "it reported the text" if sent_the_text else "nothing new in it",
    }
    says = meanings.get(row.state, "it is waiting to be read")
    data: dict[str, object] = {"webhook": _named(row), "reason": row.reason}
    details = (says, *([row.reason] if row.reason else []))
    return Entry(row.received_at, "receive", f"webhook {row.event_key}", details, row.state, data)


def _named(row: InboxWebhook) -> dict[str, Any]:
    return {"id": row.id, "event_key": row.event_key, "received_at": row.received_at}


def _attribution(row: Attribution, mask: Mask) -> Entry:
    text = came_from(row.source, row.medium) + (f", campaign {campaign_title(row.campaign)}" if row.campaign else "")
    clicks = {name: mask.text(value) for name, value in row.click_ids.items()}
    landing_page, keyword = mask.page(row.landing_page), mask.text(row.keyword)
    details = [f"rule {row.rule}, confidence {row.confidence:g}", *row.trace]
    details += [f"{name}: {value}" for name, value in (("landing page", landing_page), ("keyword", keyword)) if value]
    if clicks:
        details.append("click ids: " + ", ".join(f"{name} {value}" for name, value in clicks.items()))
    details += [
        f"candidate visit {each['visit']} from {source_title(each['source'])}, {each['confidence']:g}: {each['why']}"
        for each in row.candidates
    ]
    data: dict[str, object] = {
        "source": row.source,
        "medium": row.medium,
        "campaign": row.campaign,
        "keyword": keyword,
        "landing_page": landing_page,
        "click_ids": clicks,
        "visit": row.visit_id,
        "rule": row.rule,
        "confidence": row.confidence,
        "trace": row.trace,
        "candidates": row.candidates,
    }
    return Entry(row.made_at, "attribute", text, tuple(details), None, data)


def _form(form: FormSubmission) -> Entry:
    said = ", ".join(f"{name} {answer}" for name, answer in form.consent.items())
    details = (f"said on it: {said}",) if said else ()
    data: dict[str, object] = {"event": "form", "form": form.form_id, "consent": form.consent}
    named = f"form {form.form_id}" if form.form_id else "form"
    return Entry(form.submitted_at, "receive", named, details, None, data)


def _pages(session: Session, attribution: Attribution, mask: Mask) -> Iterator[Entry]:
    """The pages that the visitor looked at before: their number, and the last few."""
    if attribution.visit_id is None:
        return
    visit = PageView.visit_id == attribution.visit_id
    count = session.exec(select(func.count()).select_from(PageView).where(visit)).one()
    if count == 0:
        return
    latest = session.exec(select(PageView).where(visit).order_by(col(PageView.id).desc()).limit(PAGES_SHOWN)).all()
    shown = [(page.at, mask.page(page.url)) for page in reversed(latest)]
    pages = "1 page" if count == 1 else f"{count} pages"
    details = tuple(f"{at:%H:%M:%S} {url}" for at, url in shown)
    data: dict[str, object] = {"visit": attribution.visit_id, "pages": count}
    data["last_pages"] = [{"at": at, "url": url} for at, url in shown]
    yield Entry(latest[-1].at, "visit", f"looked at {pages}", details, None, data)


def _fact(row: FactRow, plaintext: str | None, mask: Mask, name_of: NameOf) -> Entry:
    value = mask.fact(row.category, plaintext)
    data: dict[str, object] = {
        "source": row.source,
        "name": row.name,
        "value": value,
        "category": row.category,
        "confidence": row.confidence,
        "expires_at": row.expires_at,
    }
    if row.name == FAILED_SOURCE:
        return Entry(row.learned_at, "enrich", f"{name_of(row.source)} failed", (str(row.value),), None, data)
    detail = f"{name_of(row.source)}, {readable(row.category)}, confidence {row.confidence:g}, until {row.expires_at:%Y-%m-%d}"
    return Entry(row.learned_at, "enrich", f"{fact_title(row.name)}: {value}", (detail,), None, data)


def _outcome(row: OutcomeRow, name_of: NameOf) -> Entry:
    text = f"{name_of(row.connector)} says {row.stage}{worth(row.amount, row.currency)}"
    data: dict[str, object] = {
        "connector": row.connector,
        "deal": row.external_id,
        "stage": row.stage,
        "trace": row.trace,
    }
    data |= {"amount": row.amount, "currency": row.currency}
    return Entry(row.changed_at, "outcome", text, (f"deal {row.external_id}", *row.trace), None, data)
