"""`/audit.csv`: the chosen entries as a file, written while they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from starlette.responses import Response

from hub.queries.audit import AuditFilter, iterate_audit, names_in
from hub.web.pages.audit.audit_labels import action_words
from hub.web.pages.audit.audit_page import FILTERS, choice_of
from hub.web.pages.csv_file import csv_response
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_CSV_ROWS = 100_000
CHUNK = 500
COLUMNS = ("at", "who", "who id", "did", "action", "of", "of id", "detail", "id")


def download(page: PageRequest) -> Response:
    """The file. The audit entry on it is written before the first entry is read."""
    choice = choice_of(page)
    used = " ".join(name for name in FILTERS if page.query.get(name)) or "no filter"
    page.note("audit.export", page.user.account_id, used)
    return csv_response("audit.csv", _rows(page, choice))


def _rows(page: PageRequest, choice: AuditFilter) -> Iterator[Sequence[object]]:
    yield COLUMNS
    with page.session() as session, page.session() as second:
        rows = iterate_audit(session, page.scope, choice, MAX_CSV_ROWS)
        while some := list(islice(rows, CHUNK)):
            names = names_in(second, {each for row in some for each in (row.actor, row.subject)})
            for row in some:
                at = row.at.astimezone(page.zone).isoformat(timespec="seconds")
                who, of = names.get(row.actor, row.actor), names.get(row.subject, row.subject)
                did = action_words(row.action)
                yield at, who, row.actor, did, row.action, of, row.subject, row.detail, row.id


PAGES = (Page("/audit.csv", download, "audit"),)
