"""`/audit`: who did what to which row and when, and whether the journal behind it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from starlette.responses import Response

from hub.contracts.titles import action_title
from hub.privacy.journal_check import check_for
from hub.queries.audit import AuditFilter, actors_and_actions, audit_page, iterate_audit, names_in, users_among
from hub.queries.privacy.ledger import journal_state
from hub.web.pages.csv_file import csv_response
from hub.web.pages.guard import Page
from hub.web.pages.periods import PRESETS
from hub.web.pages.request import PageRequest

PATH = "/audit"
ROWS = 100
FILTERS = ("who", "action", "subject")
MAX_CHARACTERS = 100
MAX_CSV_ROWS = 100_000
CHUNK = 500
COLUMNS = ("at", "who", "who id", "did", "action", "of", "of id", "detail", "id", "request")


def choice_of(page: PageRequest) -> AuditFilter:
    """The filters of the URL."""
    period = page.period()
    who, action, subject = (page.query.get(name, "").strip()[:MAX_CHARACTERS] or None for name in FILTERS)
    return AuditFilter(
        since=period.begins, until=period.ends, actors=(who,) if who else (), action=action, subject=subject
    )


def audit_log(page: PageRequest) -> Response:
    """The entries with filters, and the state of the journal."""
    choice = choice_of(page)
    with page.session() as session:
        found = audit_page(session, page.scope, choice, page.query.get("after"), ROWS)
        actors, actions = actors_and_actions(session, page.scope, choice)
        journal = journal_state(session, page.user.account_id)
        ids = {each for row in found.items for each in (row.actor, row.subject)}
        ids |= {*actors, journal.checked_by or ""}
        names, users = names_in(session, ids), users_among(session, ids)
    return page.render(
        "audit.html",
        title="Audit log",
        entries=found.items,
        older=page.here(after=found.next) if found.next else None,
        newest=page.here() if page.query.get("after") else None,
        choice=choice,
        filters={name: value for name in FILTERS if (value := page.query.get(name))},
        actors=sorted((names.get(each, each), each) for each in actors),
        actions=sorted((action_title(each), each) for each in actions),
        areas=sorted({each.partition(".")[0] for each in actions}),
        names=names,
        users=users if page.may("users") else set(),
        words=action_title,
        journal=journal,
        period=page.period(),
        presets=[(name, words) for name, (words, _) in PRESETS.items()],
        csv="/audit.csv" + page.here().removeprefix(PATH),
    )


def verify(page: PageRequest) -> Response:
    """Check the whole journal now."""
    report = check_for(page.hub, page.user.account_id, page.user.id)
    return page.redirect(
        page.link(PATH),
        f"The journal is whole: {report.rows:,} records, none changed or missing."
        if report.finding is None
        else f"The journal is NOT whole, at entry {report.finding.position}: {report.finding.reason}",
    )


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
                did = action_title(row.action)
                yield at, who, row.actor, did, row.action, of, row.subject, row.detail, row.id, row.request_id


PAGES = (
    Page(PATH, audit_log, "audit"),
    Page(f"{PATH}/verify", verify, "audit", method="POST"),
    Page("/audit.csv", download, "audit"),
)
