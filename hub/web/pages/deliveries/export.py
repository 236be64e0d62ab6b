"""`/deliveries.csv`: the filtered list as a file, written while it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlette.responses import Response

from hub.contracts.titles import connector_title
from hub.queries.deliveries.delivery_list import ListedDelivery, iterate_deliveries
from hub.queries.lists.delivery_filter import DeliveryFilter
from hub.web.pages.csv_file import csv_response
from hub.web.pages.deliveries.choices import choice_of
from hub.web.pages.deliveries.deliveries_page import person_of
from hub.web.pages.deliveries.delivery_labels import STATES
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_CSV_ROWS = 100_000
COLUMNS = (
    "made", "company", "to", "connector", "rule", "kind", "of", "person", "state", "code", "reason", "reference",
    "tries", "amount", "currency", "ended", "set aside", "key", "id",
)  # fmt: skip


def download(page: PageRequest) -> Response:
    """The chosen deliveries as a file. The audit entry is written before the first one is read."""
    choice = choice_of(page)
    used = " ".join(sorted([*choice.texts, *(["state"] if choice.state else [])])) or "no filter"
    page.note("deliveries.export", page.company.id if page.company else page.user.account_id, used)
    return csv_response("deliveries.csv", _rows(page, choice))


def _rows(page: PageRequest, choice: DeliveryFilter) -> Iterator[Sequence[object]]:
    titles = {each.id: each.title for each in page.companies}
    yield COLUMNS
    with page.session() as session:
        found = iterate_deliveries(session, page.scope, page.hub.vault, choice, MAX_CSV_ROWS)
        for each in found:
            yield _cells(page, each, titles)


def _cells(page: PageRequest, listed: ListedDelivery, titles: dict[str, str]) -> list[object]:
    row = listed.delivery
    times = [each.astimezone(page.zone).isoformat(timespec="seconds") if each else None
             for each in (row.made_at, row.finished_at, listed.set_aside_at)]  # fmt: skip
    to = connector_title(row.connector, page.hub.plugins.connectors)
    person = person_of(listed.subject) if listed.subject else None
    return [
        times[0], titles.get(listed.company_id or ""), to, row.connector, listed.rule,
        "call log" if row.hook == "log_calls" else row.kind, listed.subject.kind if listed.subject else None, person,
        STATES[row.shown_state][1], row.code, row.reason, row.reference, row.attempts, row.amount, row.currency, times[1],
        times[2], row.key, row.id,
    ]  # fmt: skip


PAGES = (Page("/deliveries.csv", download, "deliveries"),)
