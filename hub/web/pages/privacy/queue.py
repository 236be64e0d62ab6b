"""`/privacy-desk`: what only a person can decide: requests, one person or two, doubtful stops."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hub.access.users import names_of
from hub.contracts.titles import titles_of
from hub.model.states import RefusalSource
from hub.queries.masking import partly
from hub.queries.privacy.conflicts import cases, merged_by_hand, open_conflicts
from hub.queries.privacy.doubts import open_doubts_of
from hub.queries.privacy.ledger import journal_state
from hub.queries.privacy.requests import RequestShown, closed_requests, count_requests, open_requests
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK, KINDS, deadline_words, next_step, proof_of, stands, time_words
from hub.web.pages.request import PageRequest

SOURCES = {
    RefusalSource.TEXT: "In a text",
    RefusalSource.FORM: "In a form",
    RefusalSource.CALL: "In a call",
    RefusalSource.VOICEMAIL: "In a voicemail",
    RefusalSource.NOTE: "In a note about them",
    RefusalSource.TAG: "In a tag",
}
REFUSED = {"texts": "texts", "calls": "calls", "both": "texts and calls"}


def queue(page: PageRequest) -> Response:
    """The open requests, conflicts and doubts of the chosen companies."""
    requests, done = [], 0
    with page.session() as session:
        if page.may("requests"):
            requests = open_requests(session, page.company_ids, page.now)
            done = count_requests(session, page.company_ids, closed=True)
        conflicts = open_conflicts(session, page.company_ids)
        journal = journal_state(session, page.user.account_id)
        names = names_of(session, {journal.checked_by or ""})
    with page.hub.store.reading() as session:  # stops are in a list that no account's session sees
        shown = cases(session, page.hub, conflicts)
        merged = merged_by_hand(session, page.hub, page.company_ids)
        spoken = page.may("transcripts") or page.may("exports")
        doubts = open_doubts_of(session, page.hub, page.company_ids, spoken=spoken)
    if doubts:
        page.note("texts.doubtful", page.company.id if page.company else page.user.account_id, f"rows: {len(doubts)}")
    return desk_page(
        page,
        "queue",
        tab="",
        title="Privacy",
        requests=[row(page, each) for each in requests],
        done=done,
        cases=shown,
        merged=merged,
        more_cases=len(conflicts) - len(shown),
        doubts=doubts,
        purposes=titles_of("text_purpose"),
        sources=SOURCES,
        refused=REFUSED,
        journal=journal,
        names=names,
        whole=page.scope.companies is None,
        counts={"": len(requests) + len(conflicts) + len(doubts)},
    )


def answered(page: PageRequest) -> Response:
    """The requests that are closed."""
    with page.session() as session:
        found = closed_requests(session, page.company_ids)
    return desk_page(page, "closed", tab="", title="Answered requests", requests=[row(page, each) for each in found])


def row(page: PageRequest, shown: RequestShown) -> dict[str, Any]:
    """One request as the tables show it; the person is masked."""
    request = shown.request
    return {
        "shown": shown,
        "request": request,
        "kind": KINDS.get(request.kind, request.kind),
        "who": who(shown),
        "deadline": deadline_words(page, shown),
        "law": time_words(page, shown),
        "used": shown.used(page.now),
        "proof": proof_of(shown),
        "stands": stands(page, shown),
        "next": next_step(page, shown),
    }


def who(shown: RequestShown) -> str:
    """The person of a request, masked; an erased one is named so."""
    name = shown.request.phone_number or shown.request.email
    return partly(name) if name else "Erased person"


PAGES = (
    Page(DESK, queue, "consent"),
    Page(f"{DESK}/requests", answered, "requests"),
)
