"""The timeline "From visit to receipt": the entries of `hub call`, in words for people who work with calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.contracts.conversions import UNVERIFIABLE
from hub.contracts.titles import came_from, campaign_title, readable, titled
from hub.model import OutgoingCall, TextMessage
from hub.model.marks import NOT_SPAM, SPAM
from hub.model.spam import BY_SCORE
from hub.model.states import DeliveryState, RecordingState
from hub.platform.formats import duration, money, phone
from hub.platform.id_words import words_of
from hub.privacy.recording_refusal import BY_AGENT, BY_KEY
from hub.queries.contact.consent import ConsentEvidence
from hub.queries.contact.source import SourceEvidence
from hub.queries.contact.view import ContactView
from hub.queries.marks import LeadShown
from hub.queries.timeline.entries import Entry
from hub.queries.timeline.legs import code_words
from hub.recordings.conversations import CONVERSATION
from hub.web.pages.call.sent import STATES
from hub.web.pages.calls.columns import LEADS
from hub.web.pages.flows.simulation.stops import OF_NOTICE, step_words

LEAD_WORDS = {status: word for status, (_, word) in LEADS.items()}
EVENTS: Mapping[str, tuple[str, str]] = {
    "ringing": ("accent", "Called"),
    "not_answered": ("warn", "Nobody picked up"),
    "completed": ("", "The call ended"),
    "failed": ("bad", "The call failed"),
    "voicemail": ("", "Left a message"),
    "text": ("accent", "Wrote a text"),
    "form": ("accent", "Sent the form"),
}
CHOICE_WORDS: Mapping[str, str] = {
    "announced": "heard it",
    "offered": "heard it and stayed on the line",
    "not_refused": "heard it and did not refuse",
    "agreed": "agreed",
    "asked": "was asked",
    "refused": "refused",
}
RECORDING_WORDS: Mapping[str, tuple[str, str]] = {
    RecordingState.STORED: ("", "kept"),
    RecordingState.REFUSED: ("warn", "not kept"),
    RecordingState.GONE: ("", "deleted"),
    RecordingState.FAILED: ("bad", "not fetched"),
}

ENDED_BY = {
    BY_KEY: "with a key; what was recorded is deleted",
    BY_AGENT: "a user recorded it; what was recorded is deleted",
}


@dataclass(frozen=True)
class Line:
    """One line of the timeline."""

    at: datetime
    text: str
    sub: str = ""
    kind: str = ""
    """The color of its dot: accent, good, warn, bad, or none."""


def lines_of(
    contact: ContactView,
    entries: Sequence[Entry],
    source: SourceEvidence | None,
    consent: ConsentEvidence,
    names: Mapping[str, str],
) -> list[Line]:
    """The lines of the visit, the contact and what followed; `names` are recipients by connector."""
    reported = {entry.data["event"] for entry in entries if entry.data.get("reported_by") == "webhook"}
    kept = [entry for entry in entries if not (_is_found_later(entry) and entry.data["event"] in reported)]
    return [*_visit(source, consent), *(line for entry in kept if (line := _line(entry, contact, names)))]


def in_time(lines: Sequence[Line]) -> list[Line]:
    """The lines by time, without repetitions that carriers send."""
    kept: dict[tuple[datetime, str, str], Line] = {(line.at, line.text, line.sub): line for line in lines}
    return sorted(kept.values(), key=lambda line: line.at)


def later_lines(
    history: Sequence[LeadShown], texts: Sequence[tuple[TextMessage, str | None]], calls: Sequence[OutgoingCall]
) -> Iterator[Line]:
    """What users did afterwards: lead changes, texts, calls back."""
    for change in history:
        if change.status in (SPAM, NOT_SPAM):
            by = "Its score" if change.by == BY_SCORE else change.by
            yield Line(change.at, f"{by} marked it as {'spam' if change.status == SPAM else 'not spam'}")
            continue
        worth = f", {money(change.value.amount, change.value.currency)}" if change.value else ""
        word = f"the lead as {LEAD_WORDS.get(change.status, change.status).lower()}{worth}"
        yield Line(change.at, f"{change.by} marked {word}" if change.status else f"{change.by} removed the lead")
    for text, body in texts:
        what = "Text sent" if text.direction == "out" else "Text received"
        yield Line(text.at, f"{what}: “{body}”" if body else what, text.reason or words_of(text.status))
    for call in calls:
        if call.is_by_hand:
            yield Line(call.made_at, "Called back from another phone")
            continue
        ended = f", talked {duration(call.duration)}" if call.duration else ""
        yield Line(call.made_at, "Called back", call.reason or f"{call.status}{ended}")


def _is_found_later(entry: Entry) -> bool:
    """Whether the event comes from the carrier's list of calls, which repeats what webhooks have reported."""
    return entry.data.get("reported_by") == "reconcile"


def _visit(source: SourceEvidence | None, consent: ConsentEvidence) -> Iterator[Line]:
    if source is None or source.visit is None:
        return
    visit = source.visit
    campaign = f", campaign {campaign_title(visit.campaign)}" if visit.campaign else ""
    keyword = f", keyword “{visit.keyword}”" if visit.keyword else ""
    page = _address(visit.landing_page)
    yield Line(
        visit.started_at,
        f"Came to {page or 'the website'}",
        f"{came_from(visit.source, visit.medium)}{campaign}{keyword}",
        "accent",
    )
    for view in source.last_pages:
        address = _address(view.url)
        if address and (address != page or (view.at - visit.started_at).total_seconds() > 1):
            yield Line(view.at, f"Looked at {address}")
    for shown in source.shown:
        yield Line(shown.at, f"Saw {phone(shown.number)}", "held for this visit")
    for entry in consent.said:
        if entry.visit_id == visit.id:
            word = "Agreed" if entry.state == "given" else entry.state.capitalize()
            yield Line(entry.stated_at, "Answered on the website", f"{word}: {readable(entry.use)}")


def _line(entry: Entry, contact: ContactView, names: Mapping[str, str]) -> Line | None:
    match entry.stage:
        case "receive":
            return _recording(entry) if "recording" in entry.data else _event(entry, contact)
        case "answer":
            return _answer(entry)
        case "outcome":
            return Line(
                entry.at, f"{names.get(entry.data['connector'], entry.data['connector'])} says {entry.data['stage']}"
            )
        case "convert":
            worth = money(entry.data["amount"], entry.data["currency"]) if entry.data["amount"] is not None else ""
            return Line(entry.at, f"Became the conversion “{entry.data['rule']}”", worth)
        case "deliver":
            return _delivery(entry, names)
        case "enrich":
            return Line(entry.at, entry.text, "", "warn") if entry.text.endswith(" failed") else None
        case _:
            return None


def _event(entry: Entry, contact: ContactView) -> Line | None:
    event = str(entry.data.get("event"))
    if event == "answered":
        return Line(entry.at, f"{_somebody(contact)} answered", "", "good")
    if event == "completed" and contact.talked:
        return Line(entry.at, "The call ended", f"talked {duration(contact.talked)}")
    if event not in EVENTS or (event == "not_answered" and contact.outcome == "answered"):
        return None
    kind, text = EVENTS[event]
    if event == "failed" and contact.broke_off:
        talked = f"Talked {duration(contact.talked)}." if contact.talked else ""
        return Line(entry.at, text, " ".join(each for each in (contact.failure, talked, *_code(entry)) if each), kind)
    found_later = "found in the carrier's list of calls" if entry.data.get("reported_by") == "reconcile" else ""
    return Line(entry.at, text, found_later or " ".join(_code(entry)), kind)


def _code(entry: Entry) -> list[str]:
    """Why the trunk or a phone refused, in a carrier's words."""
    code = entry.data.get("leg", {}).get("code")
    return [code_words(code)] if code and code >= 300 else []


def _address(url: str | None) -> str:
    """A page's address as people write it: without scheme and query."""
    return (url or "").partition("?")[0].removeprefix("https://").removeprefix("http://")


def _somebody(contact: ContactView) -> str:
    answered_by = contact.answered_by
    if not answered_by:
        return "Somebody"
    return phone(answered_by) if answered_by.startswith("+") else answered_by


def _answer(entry: Entry) -> Line | None:
    data = entry.data
    if data.get("point") in ENDED_BY:
        return Line(entry.at, "The caller ended the recording", ENDED_BY[data["point"]], "warn")
    if "notice" in data:
        choice = CHOICE_WORDS.get(data["choice"] or "", "")
        return Line(entry.at, "Heard the recording notice", choice, "warn" if data["choice"] == "refused" else "")
    if data["result"] in OF_NOTICE:
        return None
    named = f"step “{titled('step', data['step'])}” of the " if data["step"] != data["do"] else ""
    words = step_words(data) if data["result"] else "What happened here was erased."
    return Line(entry.at, words.rstrip("."), f"{named}call flow, version {data['flow_version']}".capitalize())


def _recording(entry: Entry) -> Line:
    kind, word = RECORDING_WORDS.get(entry.state or "", ("", "waits to be fetched"))
    if entry.data["kind"] == CONVERSATION:
        return Line(entry.at, "Conversation with the assistant", "its words are kept, without sound", "")
    what = "Message" if entry.data["kind"] == "voicemail" else "Recording"
    length = "" if entry.data["duration"] is None else duration(entry.data["duration"])
    return Line(entry.at, f"{what} {word}", entry.data["reason"] or length, kind)


def _delivery(entry: Entry, names: Mapping[str, str]) -> Line | None:
    name = names.get(entry.data["connector"], entry.data["connector"])
    if entry.data["step"] == "drift":
        worth = money(entry.data["amount"], entry.data["currency"]) if entry.data["amount"] is not None else ""
        return Line(entry.at, f"{name} {entry.data['cannot']}", worth, "warn")
    if entry.data["step"] != "state":
        return None
    words: Mapping[str, str] = {
        DeliveryState.DELIVERED: f"{name} confirmed",
        DeliveryState.ACCEPTED: f"{name} took it",
        UNVERIFIABLE: f"{name} took it, and confirms nothing",
        DeliveryState.UNMATCHED: f"{name} could not tie it to an ad",
        DeliveryState.REJECTED: f"{name} rejected it",
        DeliveryState.HELD: f"Held back from {name}",
        DeliveryState.DEAD: f"Given up on {name}",
        DeliveryState.QUARANTINED: f"In quarantine on its way to {name}",
    }
    state = entry.state or ""
    kind = {"held": "warn"}.get(STATES.get(state, ("", ""))[0], STATES.get(state, ("", ""))[0])
    what = "log entry" if entry.data["hook"] == "log_calls" else "conversion"
    return Line(entry.at, words.get(state, f"Waits to go to {name}"), entry.data["reason"] or what, kind)
