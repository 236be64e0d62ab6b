"""`/privacy-desk/holds`: legal holds in force, set one, lift one; with what each keeps from being deleted."""

from __future__ import annotations

from starlette.responses import Response

from hub.access.users import names_of
from hub.model import Company, LegalHold
from hub.privacy_requests.legal_holds import lift_hold, place_hold
from hub.queries.privacy.holds import holds_of
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.privacy.take_in import company_chosen
from hub.web.pages.request import PageRequest

FIELDS = ("company", "covers", "phone", "email", "reason")


def add(page: PageRequest) -> Response:
    """Set a hold on one person or on everybody at a company."""
    everybody = page.value("covers") == "everybody"
    company = company_chosen(page)
    with page.hub.store.writing() as session:
        place_hold(
            session,
            page.hub,
            session.get_one(Company, company.id),
            phone=None if everybody else page.value("phone") or None,
            email=None if everybody else page.value("email") or None,
            everybody=everybody,
            reason=page.value("reason"),
            actor=page.user.id,
        )
    return page.redirect(page.link(f"{DESK}/holds"), "The hold is set: nothing that it covers is erased or deleted.")


def lift(page: PageRequest) -> Response:
    """End a hold."""
    with page.session() as session:
        wanted = page.scope.one(session, LegalHold, page.path("hold_id"))
    with page.hub.store.writing() as session:
        held = lift_hold(session, page.hub, session.get_one(LegalHold, wanted.id), page.user.id)
    again = " Requests that it stopped can be confirmed again." if held else ""
    return page.redirect(page.link(f"{DESK}/holds"), f"The hold is lifted.{again}")


def show(page: PageRequest) -> Response:
    """The holds, and the form with what was typed."""
    everything = page.query.get("show") == "all"
    with page.session() as session:
        found = holds_of(session, page.company_ids, everything=everything)
        names = names_of(session, {name for each in found for name in (each.hold.set_by, each.hold.lifted_by or "")})
    return desk_page(
        page,
        "holds",
        tab="/holds",
        title="Legal holds",
        counts={"/holds": sum(each.hold.lifted_at is None for each in found)},
        holds=found,
        names=names,
        everything=everything,
        typed={name: page.value(name) for name in FIELDS},
    )


PAGES = (
    Page(f"{DESK}/holds", show, "requests"),
    Page(f"{DESK}/holds", add, "requests", method="POST", again=show),
    Page(f"{DESK}/holds/{{hold_id}}/lift", lift, "requests", method="POST"),
)
