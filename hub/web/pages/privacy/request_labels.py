"""The officer's words for requests: what is wanted, where it stands, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.model.states import RequestState
from hub.platform.formats import count, day_of, waiting
from hub.privacy_requests.officer import ERASES
from hub.queries.privacy.requests import RequestShown
from hub.web.pages.request import PageRequest

DESK = "/privacy-desk"
KINDS: Mapping[str, str] = {
    "access": "Access",
    "correction": "Correction",
    "erasure": "Erasure",
    "objection": "Objection",
    "restriction": "Restriction",
    "portability": "Portability",
    "third_party_disclosure": "Third parties",
    "child": "Erasure of a child's data",
    "opt_in": "Opt-in",
}
MEANINGS: Mapping[str, str] = {
    "access": "a copy of everything, and who was given what and when",
    "correction": "a wrong name, email address or number set right",
    "erasure": "everything erased, here and at the providers",
    "objection": "no marketing, no sale or sharing of their data",
    "restriction": "data kept, but not used",
    "portability": "their data as a file for another service",
    "third_party_disclosure": "who got their data for marketing last year (California)",
    "child": "a child under 13; a parent must show that they are one",
    "opt_in": "an earlier objection or opt-out taken back, in two steps",
}
_AT_ONCE = "in force at once, for their phone number; needs no proof"
_AGAIN = "after they refused; write below how you know that they want it"
REFUSALS: Mapping[str, tuple[str, str]] = {
    "no_texts": ("No texts", _AT_ONCE),
    "no_calls": ("No calls", _AT_ONCE),
    "no_contact": ("No texts and no calls", _AT_ONCE),
    "texts_again": ("Texts again", _AGAIN),
    "calls_again": ("Calls again", _AGAIN),
}
CHANNELS = {"phone": "By phone", "letter": "By letter", "email": "By email", "agent": "In person or by an agent"}
PROOFS = {"text": "Code by text", "email": "Link by email", "officer": "Noted by an officer"}


@dataclass(frozen=True)
class NextStep:
    """The button of a request."""

    label: str
    href: str
    urgent: bool = False


def proof_of(shown: RequestShown) -> tuple[str, str]:
    """Shape and words of the proof's state."""
    if shown.request.verified_at is not None:
        return "good", "Shown"
    sent = shown.request.state == RequestState.IDENTITY_PENDING
    return "warn", "Code not entered" if sent else "Not shown"


def deadline_words(page: PageRequest, shown: RequestShown) -> tuple[str, str]:
    """Shape and words of the time that is left."""
    if not shown.is_open:
        return "", "Closed"
    left = shown.deadline(page.now) - page.now
    if left.total_seconds() < 0:
        return "bad", f"{waiting(-left)} over"
    soon = shown.used(page.now) >= 0.8 or left.days < 3 or page.now > shown.request.promised_at
    return "warn" if soon else "", waiting(left)


def time_words(page: PageRequest, shown: RequestShown) -> str:
    """Which time that is: the product's promise, or the law's."""
    if shown.is_promise(page.now):
        return f"promised; law: {day_of(shown.request.deadline, page.zone)}"
    places = ", ".join(shown.request.places[:2]) or "place unknown"
    return f"{places}: {shown.law}{', extended' if shown.request.extended_to else ''}"


def stands(page: PageRequest, shown: RequestShown) -> str:
    """Where a request stands, in one sentence or two."""
    request, erases = shown.request, shown.request.kind in ERASES
    if request.state == RequestState.DONE:
        return f"Answered on {day_of(request.closed_at, page.zone)}."
    if request.state == RequestState.REFUSED:
        return f"Refused on {day_of(request.closed_at, page.zone)}."
    if request.state == RequestState.HELD:
        reasons = request.outcome.get("held_by") or ["a legal hold"]
        return f"On hold by “{'”, “'.join(map(str, reasons[:2]))}”."
    if request.state in (RequestState.RUNNING, RequestState.WAITING_PLUGIN):
        return _provider_words(page, shown)
    if request.verified_at is None:
        return "Nothing is done before the person shows who they are."
    if shown.queued:
        return "Confirmed; a worker is carrying it out."
    if shown.problem:
        return f"It could not be carried out: {shown.problem}"
    if erases:
        last = day_of(request.deadline, page.zone)
        return f"Waits for you: the plan says what is erased and what stays. The law's last day is {last}."
    if request.kind == "correction":
        return "Waits for your yes; then it is corrected here, and the providers are told."
    if request.kind == "opt_in" and "confirmed_at" not in request.outcome and not request.evidence:
        return "The person has not confirmed it on their page yet."
    return "Waits for you to have it carried out."


def _provider_words(page: PageRequest, shown: RequestShown) -> str:
    if not shown.waiting:
        return "It is being carried out."
    first = shown.waiting[0]
    more = f", and {len(shown.waiting) - 1} more" if len(shown.waiting) > 1 else ""
    tries = f"asked {count(first.tries)} {'time' if first.tries == 1 else 'times'}"
    verb = "have" if more else "has"
    return f"{first.connector}{more} {verb} not answered since {day_of(first.since, page.zone)}; {tries}."


def next_step(page: PageRequest, shown: RequestShown) -> NextStep:
    """What the officer does next."""
    request = shown.request
    href = page.link(f"{DESK}/requests/{request.id}")
    late = shown.deadline(page.now) < page.now
    if not shown.is_open:
        return NextStep("Open", href)
    if request.state == RequestState.HELD:
        return NextStep("See the hold", page.link(f"{DESK}/holds"))
    if shown.waiting and not shown.queued:
        return NextStep(f"Send without {shown.waiting[0].connector}…", f"{href}#waiting", late)
    if request.verified_at is None:
        return NextStep("Note a proof…", f"{href}#proof", late)
    if shown.queued:
        return NextStep("Open", href)
    if request.kind in ERASES:
        return NextStep("See the plan…", page.link(f"{DESK}/requests/{request.id}/plan"), late)
    return NextStep("Compare…" if request.kind == "correction" else "Carry it out…", f"{href}#next", late)
