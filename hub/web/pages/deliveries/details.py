"""`/deliveries/{delivery_id}`: one delivery, why it is in its state, and sending it again."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from hub.contracts.titles import connector_title, readable
from hub.delivery.preview import Previewed, preview_one
from hub.delivery.replay import replay, set_aside
from hub.delivery.replay_fresh import FreshPayload, fresh_payload, replay_fresh
from hub.errors import CannotDo
from hub.model import Delivery
from hub.model.states import REPLAYABLE_DELIVERY_STATES, DeliveryState
from hub.numbers.directory import read_directory
from hub.platform.formats import zone_name
from hub.queries.deliveries.advice import is_held_by, release_of
from hub.queries.deliveries.details import DeliveryDetails, one_delivery
from hub.web.pages.deliveries.deliveries_page import whose
from hub.web.pages.deliveries.delivery_labels import KINDS, RESULTS, STATES
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

REFUSED = "Nothing was changed: it is not in a state from which it can be sent again."


@dataclass(frozen=True)
class Replays:
    """What each of the two replays would send now."""

    same: Previewed | None
    """None if the delivery did not end without success."""
    fresh: FreshPayload | None
    why_not_fresh: str | None


def delivery(page: PageRequest) -> Response:
    """One delivery."""
    with page.session() as session:
        found = one_delivery(session, page.scope, page.hub.vault, page.path("delivery_id"))
    row, connectors = found.row, page.hub.plugins.connectors
    to = connector_title(row.connector, connectors)
    replays = _replays(page, row) if page.may("replay") else None
    return page.render(
        "delivery.html",
        title=f"Delivery to {to}",
        found=found,
        row=row,
        to=to,
        subject_name=whose(found.listed.subject),
        subject_link=_subject_link(page, found),
        states=STATES,
        results=RESULTS,
        kinds=KINDS,
        company=next((each for each in page.companies if each.id == row.company_id), None),
        release=release_of(found.decision) if found.decision and is_held_by(row, found.decision) else None,
        replays=replays,
        replayable=row.state in REPLAYABLE_DELIVERY_STATES,
        categories=sorted(map(readable, replays.same.categories)) if replays and replays.same else [],
        zone=zone_name(page.zone),
    )


def _replays(page: PageRequest, row: Delivery) -> Replays | None:
    """What could be sent now; None while it is under way, and if its connector is gone."""
    if row.connector not in page.hub.plugins.connectors or row.state not in (
        DeliveryState.DELIVERED,
        *REPLAYABLE_DELIVERY_STATES,
    ):
        return None
    with page.hub.store.reading() as session:
        directory = read_directory(session)
        try:
            fresh, why_not = fresh_payload(page.hub, session, directory, row), None
        except CannotDo as error:
            fresh, why_not = None, str(error)
    ended = row.state in REPLAYABLE_DELIVERY_STATES
    return Replays(preview_one(page.hub, directory, row) if ended else None, fresh, why_not)


def _subject_link(page: PageRequest, found: DeliveryDetails) -> str | None:
    subject = found.listed.subject
    if subject is None:
        return None
    return page.link(f"/calls/{subject.id}") if subject.kind == "call" else None


def act(page: PageRequest) -> Response:
    """Send it again as it was, send it with fresh data, set it aside, or bring it back."""
    with page.session() as session:
        row = one_delivery(session, page.scope, page.hub.vault, page.path("delivery_id")).row
    action, actor = page.value("deed"), page.user.id
    with page.hub.store.writing() as session:
        if action == "same":
            done = replay(session, [row.id], page.now, actor=actor, about=row.id)
            notice = "It will be sent again, as it was, at the next sync."
        elif action == "fresh":
            replay_fresh(page.hub, session, read_directory(session), row.id, actor=actor)
            done, notice = 1, "It was built again and will be sent at the next sync."
        elif action in ("aside", "back"):
            aside = action == "aside"
            done = set_aside(session, [row.id], page.now, actor=actor, about=row.id, aside=aside)
            notice = "It is set aside; nobody has to look at it." if aside else "It is back among what needs somebody."
        else:
            raise CannotDo("Choose one of the buttons.")
        if not done:
            raise CannotDo(REFUSED)
    return page.redirect(page.link(f"/deliveries/{row.id}"), notice)


PAGES = (
    Page("/deliveries/{delivery_id}", delivery, "deliveries"),
    Page("/deliveries/{delivery_id}", act, "replay", method="POST", again=delivery),
)
