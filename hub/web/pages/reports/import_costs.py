"""`/reports/costs/import`: a CSV file of costs from the browser, as `hub costs import` takes it."""

from __future__ import annotations

from starlette.responses import Response

from hub.errors import NotFound
from hub.model import Account
from hub.sources.costs.cost_file import MAX_BYTES, MAX_PROBLEMS, CostFileError
from hub.sources.costs.imports import import_costs
from hub.web.pages.guard import Page
from hub.web.pages.reports.page import report
from hub.web.pages.request import PageRequest

FORM_BYTES = 10_000


def take_file(page: PageRequest) -> Response:
    """Import the file for the chosen company, or for those that its lines name; one mistake refuses all of it."""
    if page.path("report") != "costs":
        raise NotFound("Not found")
    content = page.files.get("file")
    if not content:
        return report(page, 422, import_problems=["Choose a file first."])
    try:
        with page.hub.store.writing() as session:
            account = session.get_one(Account, page.user.account_id)
            done = import_costs(session, account, page.companies, content, page.user.id, page.now, page.company)
    except CostFileError as refused:
        more = len(refused.problems) - MAX_PROBLEMS
        rest = [f"and {more:,} more"] if more > 0 else []
        return report(page, 422, import_problems=[*refused.problems[:MAX_PROBLEMS], *rest])
    lines = "1 line" if done.lines == 1 else f"{done.lines:,} lines"
    words = f"Imported {lines}, {done.first.isoformat()} to {done.last.isoformat()}."
    if done.unchanged:
        words = f"Nothing changed: the same {lines} were imported before."
    kept = {name: value for name, value in page.query.items() if name != "company"}
    return page.redirect(page.link("/reports/costs", **kept), words)


PAGES = (Page("/reports/{report}/import", take_file, "configure", "POST", max_bytes=MAX_BYTES + FORM_BYTES),)
