"""`/privacy-desk/requests/new`: take in a request that came by phone, by letter or in person."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import Response

from hub.errors import CannotDo
from hub.model import Company
from hub.model.requests import REQUEST_KINDS
from hub.privacy.translations import texts_in
from hub.privacy_requests.officer import take_in, take_refusal
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import CHANNELS, DESK, KINDS, MEANINGS, REFUSALS
from hub.web.pages.request import PageRequest
from hub.web.privacy.privacy_texts import PLACE_CODES, named_places

FIELDS = (
    "company", "kind", "channel", "phone", "email", "received", "place", "proof", "name", "new_email", "new_phone",
)  # fmt: skip
UNCHANGED = "That was in force already."


def save(page: PageRequest) -> Response:
    """Record the request; errors are shown above the form, which keeps what was typed."""
    company = company_chosen(page)
    if page.value("kind") in REFUSALS:
        return _refused(page, company)
    place = page.value("place")
    if place and place not in PLACE_CODES:
        raise CannotDo("Choose the place from the list.")
    correction = {"name": page.value("name"), "email": page.value("new_email"), "phone_number": page.value("new_phone")}
    with page.hub.store.writing() as session:
        request = take_in(
            session,
            page.hub,
            company,
            page.value("kind"),
            actor=page.user.id,
            channel=_channel(page),
            phone=page.value("phone") or None,
            email=page.value("email") or None,
            declared=[place] if place else [],
            correction={name: value for name, value in correction.items() if value},
            received_at=_received(page, company),
            proof=page.value("proof") or None,
        )
    return page.redirect(page.link(f"{DESK}/requests/{request.id}"), "The request is taken in.")


def _refused(page: PageRequest, company: Company) -> Response:
    """Record a refusal of contact, or that it is taken back. No request is opened, because nothing is left to answer."""
    changed = take_refusal(
        page.hub,
        company,
        page.value("kind"),
        actor=page.user.id,
        channel=_channel(page),
        phone=page.value("phone"),
        said=page.value("proof"),
    )
    return page.redirect(page.link(DESK), "It is recorded, and in force from now on." if changed else UNCHANGED)


def _channel(page: PageRequest) -> str:
    return page.value("channel") if page.value("channel") in CHANNELS else "agent"


def company_chosen(page: PageRequest) -> Company:
    """The company that the form names; NotFound if the user does not see it."""
    wanted = page.value("company")
    chosen = page.company_named(wanted) if wanted else page.company
    if chosen is None:
        raise CannotDo("Choose the company that the request is made to.")
    return chosen


def _received(page: PageRequest, company: Company) -> datetime | None:
    """When it came: a day in the page's time zone; now for today."""
    text = page.value("received")
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text).replace(tzinfo=page.zone)
    except ValueError:
        raise CannotDo("The day is not a date; write it like 2026-11-24.") from None
    if day > page.now:
        raise CannotDo("A request cannot have arrived in the future; give the day when it came.")
    if page.now - day > timedelta(days=3 * 365):
        raise CannotDo("The day is more than three years ago; give the day when it came.")
    return day if day.date() < page.now.astimezone(page.zone).date() else None


def form(page: PageRequest) -> Response:
    """The form, with what was typed."""
    typed: dict[str, object] = {name: page.value(name) for name in FIELDS}
    return desk_page(
        page,
        "take_in",
        tab="",
        title="Take in a request",
        typed=typed,
        kinds=[(kind, KINDS[kind], MEANINGS[kind]) for kind in REQUEST_KINDS],
        refusals=REFUSALS,
        channels=CHANNELS,
        places=named_places(texts_in("en")),
        today=page.now.astimezone(page.zone).date(),
    )


PAGES = (
    Page(f"{DESK}/requests/new", form, "requests"),
    Page(f"{DESK}/requests/new", save, "requests", method="POST", again=form),
)
