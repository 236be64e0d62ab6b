"""`/privacy-desk`: what only a person can decide: requests, one person or two, doubtful stops."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hub.queries.masking import partly
from hub.queries.privacy.requests import RequestShown, closed_requests, count_requests, open_requests
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.words import DESK, KINDS, deadline_words, next_step, proof_of, stands, time_words
from hub.web.pages.request import PageRequest


def queue(page: PageRequest) -> Response:
    """The open requests, conflicts and doubts of the chosen companies."""
    requests, done = [], 0
    if page.may("requests"):
        with page.session() as session:
            requests = open_requests(session, page.company_ids, page.now)
            done = count_requests(session, page.company_ids, closed=True)
    return desk_page(
        page,
        "queue",
        tab="",
        title="Privacy",
        requests=[row(page, each) for each in requests],
        done=done,
        counts={"": len(requests)},
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
