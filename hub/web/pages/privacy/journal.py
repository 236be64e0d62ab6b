"""`/privacy-desk/journal`: what people said about the use of their data, and the proof that no record was changed."""

from __future__ import annotations

from starlette.responses import Response

from hub.access.users import names_of
from hub.contracts.categories import USES
from hub.errors import CannotDo
from hub.privacy.journal_check import check_for
from hub.queries.people import find_people
from hub.queries.privacy.ledger import LedgerChoice, journal_state, ledger_page
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest
from hub.web.pages.search_by_post import search

RECORDS_PER_PAGE = 50
STATES = {
    "given": ("good", "Given"),
    "refused": ("held", "Refused"),
    "withdrawn": ("held", "Withdrawn"),
    "objected": ("held", "Objected"),
    "expired": ("", "Expired"),
}
CHANNELS = {
    "web": "Website",
    "form": "Form",
    "sms": "Text",
    "phone": "Call",
    "request": "Privacy request",
    "agent": "An agent",
    "expiry": "Its time was over",
    "parent": "A parent",
}


def show(page: PageRequest) -> Response:
    """The ledger with filters."""
    who = page.query.get("who", "").strip()[:100]
    state, use, channel = (page.query.get(name) or None for name in ("state", "use", "channel"))
    with page.session() as session:
        person = _person(page, who)
        choice = LedgerChoice(
            state if state in STATES else None,
            use if use in USES else None,
            channel[:32] if channel else None,
            person,
        )
        found, searched_all = ledger_page(session, page.company_ids, choice, page.query.get("after"), RECORDS_PER_PAGE)
        journal = journal_state(session, page.user.account_id)
        names = names_of(session, {journal.checked_by or ""})
    return desk_page(
        page,
        "journal",
        tab="/journal",
        title="Journal",
        records=found.items if person != NOBODY else [],
        older=page.here(after=found.next) if found.next else None,
        newest=page.here() if page.query.get("after") else None,
        searched_all=searched_all,
        choice=choice,
        who=who,
        states=STATES,
        uses=sorted(USES),
        channels=CHANNELS,
        journal=journal,
        names=names,
        titles={each.id: each.title for each in page.companies},
        whole=page.scope.companies is None,
    )


NOBODY = ""
"""The person of a search that finds nobody."""


def _person(page: PageRequest, who: str) -> str | None:
    """The id of the person whom a search names; `NOBODY` if there is none, None if it names nobody."""
    if not who:
        return None
    with page.session() as session:
        found = find_people(session, page.scope, page.hub.vault, page.company_ids, who)
    return found[0].id if found else NOBODY


def verify(page: PageRequest) -> Response:
    """Check the whole journal now."""
    if page.scope.companies is not None:
        raise CannotDo("The journal is one for the whole account; ask a user of the whole account to check it.")
    report = check_for(page.hub, page.user.account_id, page.user.id)
    words = (
        f"The journal is whole: {report.rows:,} records, none changed or missing."
        if report.finding is None
        else f"The journal is NOT whole, at entry {report.finding.position}: {report.finding.reason}"
    )
    return page.redirect(page.link(f"{DESK}/journal"), words)


PAGES = (
    Page(f"{DESK}/journal", show, "consent"),
    Page(f"{DESK}/journal", search, "consent", method="POST"),
    Page(f"{DESK}/journal/verify", verify, "consent", method="POST"),
)
