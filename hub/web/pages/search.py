"""`/search`: calls, texts, forms, people and deliveries by number, name or id."""

from __future__ import annotations

from starlette.responses import Response

from hub.queries.people import find_people
from hub.queries.search import MIN_TEXT_CHARACTERS, find_contacts, find_deliveries
from hub.web.pages import search_by_post
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_TEXT_CHARACTERS = 100


def search(page: PageRequest) -> Response:
    """What matches the text; an exact id leads to its page at once."""
    text = page.query.get("q", "").strip()[:MAX_TEXT_CHARACTERS]
    companies = page.company_ids
    with page.session() as session:
        hits = find_contacts(session, page.scope, page.hub.vault, companies, text)
        people = (
            find_people(session, page.scope, page.hub.vault, companies, text) if page.may("people") and text else []
        )
        deliveries = find_deliveries(session, page.scope, companies, text) if page.may("deliveries") else []
    if len(hits) == 1 and hits[0].id == text.lower():
        return page.redirect(page.link(f"/calls/{hits[0].id}"))
    return page.render(
        "search.html",
        title="Search",
        text=text,
        hits=hits,
        people=people,
        deliveries=deliveries,
        too_short=0 < len(text) < MIN_TEXT_CHARACTERS,
    )


PAGES = (Page("/search", search), Page("/search", search_by_post.search, method="POST"))
