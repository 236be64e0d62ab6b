"""`/conversions/dry-run.csv`: the chosen items of a dry run as a file."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import Response

from hub.contracts.titles import connector_title
from hub.queries.conversions.dry_run import DryRunItem
from hub.queries.deliveries.subjects import subjects_by_id
from hub.web.pages.conversions.conversion_labels import place_name, sayer
from hub.web.pages.conversions.dry_run import FILTERS, choice_of, rules_to_run, run, week_of
from hub.web.pages.conversions.payload import kept_back, lines_of
from hub.web.pages.csv_file import csv_response
from hub.web.pages.deliveries.deliveries_page import whose
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

COLUMNS = (
    "when", "company", "of", "person", "place", "rule", "to", "destination", "amount", "currency", "consent", "consent rule",
    "result", "reason", "who says so", "what it would get", "kept back",
)  # fmt: skip


def download(page: PageRequest) -> Response:
    """The file; the audit entry is written before it is read."""
    rules, draft = rules_to_run(page)
    name, _, period = week_of(page)
    used = " ".join(
        [f"week {name}", *(["a draft"] if draft else []), *(each for each in FILTERS if page.query.get(each))]
    )
    page.note("conversions.dry_run_export", page.company.id if page.company else page.user.account_id, used)
    choice = choice_of(page)
    items = [item for item in run(page, rules, period).items if choice.fits(item)]
    return csv_response("dry-run.csv", [COLUMNS, *_rows(page, items)])


def _rows(page: PageRequest, items: list[DryRunItem]) -> Iterator[list[object]]:
    titles = {each.id: each.title for each in page.companies}
    connectors = page.hub.plugins.connectors
    with page.session() as session:
        labels = subjects_by_id(session, page.scope, page.hub.vault, {item.subject_id for item in items})
    for item in items:
        label, ruling = labels.get(item.subject_id), item.ruling.decision.ruling if item.ruling else None
        recipient = connector_title(item.connector, connectors) if item.connector else ""
        lines = lines_of(page, item, connectors[item.connector])[:-1] if item.connector else []
        yield [
            item.at.astimezone(page.zone).isoformat(timespec="seconds"), titles.get(item.company_id),
            label.kind if label else None, whose(label), place_name(item.place), item.rule, recipient, item.connector,
            f"{item.value.amount:.2f}" if item.value else None, item.value.currency if item.value else None,
            ruling.reason if ruling else None, ruling.rule_id if ruling else None,
            "refused" if item.refusal else "would be sent", item.refusal.reason if item.refusal else None,
            sayer(item, recipient)[0] if item.refusal else None,
            "; ".join(f"{label}: {value}" for label, value in lines), kept_back(item) if lines else None,
        ]  # fmt: skip


PAGES = (Page("/conversions/dry-run.csv", download, "setup"),)
