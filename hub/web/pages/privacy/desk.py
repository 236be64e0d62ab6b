"""What all pages of the privacy officer share: the tabs, and the line about the journal."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hub.access.permissions import Action
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest

TABS: tuple[tuple[str, str, Action], ...] = (
    ("", "Queue", "consent"),
    ("/journal", "Journal", "consent"),
    ("/opt-outs", "Opt-outs", "consent"),
    ("/data-map", "Data map", "consent"),
    ("/retention", "Retention", "consent"),
    ("/policies", "Policies", "consent"),
    ("/holds", "Holds", "requests"),
    ("/authorities", "Authorities", "requests"),
    ("/certificates", "Certificates", "requests"),
    ("/law", "Law", "consent"),
)


def desk_page(
    page: PageRequest,
    template: str,
    status: int | None = None,
    *,
    tab: str,
    counts: dict[str, int] | None = None,
    **values: Any,
) -> Response:
    """A page below `/privacy-desk` with its tabs."""
    tabs = [
        (words, page.link(DESK + path), path == tab, (counts or {}).get(path))
        for path, words, action in TABS
        if page.may(action)
    ]
    return page.render(f"privacy/{template}.html", status, desk=DESK, tabs=tabs, **values)
