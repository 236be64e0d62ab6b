"""`/calls.csv`: the filtered list as a file, written while it is read."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import Response

from hub.contracts.titles import came_from, campaign_title
from hub.queries.contact.view import ContactView, views_at
from hub.queries.lists.paging import ContactList
from hub.web.pages.calls.filters import filter_of_page
from hub.web.pages.csv_file import csv_response
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

ROWS_A_BATCH = 500
COLUMNS = (
    "time", "kind", "id", "company", "name", "number", "email", "outcome", "duration", "first_time", "tracker",
    "answered_by", "source", "medium", "campaign", "keyword", "landing_page", "lead", "value", "currency", "tags",
    "consent", "answered_device",
)  # fmt: skip
"""Those that everybody may see; `source`, `medium`, `campaign` and `tracker` are ids, for programs."""
TITLES = ("came_from", "campaign_title", "tracker_title")
"""The same for people; they stand last, so that the other columns keep their places."""


def download(page: PageRequest) -> Response:
    """All contacts that the filter selects. The audit entry is written before the first one is read."""
    used = " ".join(sorted(filter_of_page(page).active())) or "no filter"
    page.note("calls.export", page.company.id if page.company else page.user.account_id, used)
    return csv_response("calls.csv", _rows(page))


def _rows(page: PageRequest) -> Iterator[list[object]]:
    titles = {each.id: each.title for each in page.companies}
    more = [name for name, action in (("recording", "recordings"), ("sent", "deliveries")) if page.may(action)]  # type: ignore[arg-type]
    yield [*COLUMNS, *more, *TITLES]
    with page.session() as session:
        contacts = ContactList(session, page.scope, page.company_ids, filter_of_page(page))
        for keys in contacts.iterate(ROWS_A_BATCH):
            rows = views_at(session, page.hub.vault, keys, page.user)
            for row in rows:
                yield [*_cells(row, page, titles), *_more(row, more), *_titles(row)]
            session.expunge_all()


def _cells(row: ContactView, page: PageRequest, titles: dict[str, str]) -> list[object]:
    return [
        row.at.astimezone(page.zone).isoformat(timespec="seconds"),
        row.kind,
        row.id,
        titles.get(row.company_id),
        "Erased person" if row.erased else row.name,
        row.number,
        row.email,
        row.outcome,
        row.duration,
        None if row.first_time is None else "yes" if row.first_time else "no",
        row.tracker_name,
        row.answered_at_number,
        row.source,
        row.medium,
        row.campaign,
        row.keyword,
        row.landing_page,
        row.lead_status,
        row.amount,
        row.currency,
        ", ".join(row.tags),
        row.consent,
        getattr(row.subject, "answered_device", None),
    ]


def _more(row: ContactView, names: list[str]) -> list[object]:
    sent = ", ".join(f"{number} {state}" for state, number in sorted(row.sent.items()))
    return [{"recording": row.recording_state, "sent": sent}[name] for name in names]


def _titles(row: ContactView) -> list[object]:
    return [
        came_from(row.source, row.medium) if row.source else None,
        campaign_title(row.campaign) if row.campaign else None,
        row.tracker_title,
    ]


PAGES = (Page("/calls.csv", download),)
