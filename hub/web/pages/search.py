"""`/search`: people, calls, texts, forms, notes, what was said, campaigns, trackers and deliveries, by what somebody types."""

from __future__ import annotations

from starlette.responses import Response

from hub.queries.search import MIN_TEXT_CHARACTERS, find, find_deliveries
from hub.recordings.listen import note_listening_once
from hub.web.pages import search_by_post
from hub.web.pages.calls.columns import OUTCOMES
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.sealed_search import sealed

MAX_TEXT_CHARACTERS = 100


def search(page: PageRequest) -> Response:
    """What matches the text; an exact id leads to its page at once."""
    text = page.query.get("q", "").strip()[:MAX_TEXT_CHARACTERS]
    companies = page.company_ids
    with page.session() as session:
        found = find(session, page.scope, page.hub.vault, companies, text, people=page.may("people"))
        deliveries = find_deliveries(session, page.scope, companies, text) if page.may("deliveries") and text else []
    if found.said:
        with page.hub.store.writing() as session:
            for line in found.said:
                note_listening_once(session, page.hub, page.user.id, "transcript.read", line.recording)
    if found.exact is not None:
        return page.redirect(page.link(f"/calls/{found.exact}"))
    return page.render(
        "search.html",
        title="Search",
        text=text,
        again=sealed(page.hub.keyring, page.user.account_id, text, page.now) if page.hub.keyring else None,
        found=found,
        deliveries=deliveries,
        outcomes=OUTCOMES,
        names={each.id: each.name for each in page.companies},
        titles={each.id: each.title for each in page.companies},
        too_short=0 < len(text) < MIN_TEXT_CHARACTERS,
    )


PAGES = (Page("/search", search), Page("/search", search_by_post.search, method="POST"))
