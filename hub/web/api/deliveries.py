"""What was sent because of a call, text or form; replay a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path
from pydantic import StrictBool
from sqlmodel import Session, col, select

from hub.access.users import may
from hub.delivery.replay import replay
from hub.delivery.replay_fresh import replay_fresh
from hub.errors import NotFound
from hub.marks.subjects import visible_subjects
from hub.model import Delivery
from hub.queries.contact.sent import attempts_of
from hub.queries.deliveries.delivery_list import newest_deliveries
from hub.queries.deliveries.subjects import subjects_by_id
from hub.queries.lists.delivery_filter import HOOKS, DeliveryFilter
from hub.queries.lists.keyset import page_of
from hub.web.api.action_schemas import Deliveries, DeliveryPage
from hub.web.api.auth import AuthorizedRequest, MayDeliveries, MayReplay, Present
from hub.web.api.marks import Body, SubjectId
from hub.web.api.once import OnlyOnce
from hub.web.api.paging import (
    After,
    CompanyName,
    DeliveryFilters,
    Limit,
    Since,
    Until,
    company_ids,
    expandable,
    words_in,
)
from hub.web.api.schemas import AttemptAnswer, DeliveryAnswer, ListedDeliveryAnswer, SubjectAnswer, shaped

MAX_DELIVERIES = 10_000
"""Of one call, text or form."""


class ReplayBody(Body):
    """With `fresh` it is built again from what is known now; otherwise the same is sent again."""

    fresh: StrictBool = False


Expand: Any = expandable("contact", "tries")


def add_deliveries(api: FastAPI) -> None:
    """Add the routes for deliveries."""

    @api.get("/deliveries", operation_id="listDeliveries")
    def every_delivery(
        authorized: MayDeliveries,
        company: CompanyName = None,
        filters: Any = Depends(DeliveryFilters),
        since: Since = None,
        until: Until = None,
        expand: Expand = None,
        after: After = None,
        limit: Limit = 50,
    ) -> DeliveryPage:
        """Conversions and log entries of calls that were sent or are to be sent, the newest first. `open` are those that
        wait for somebody, `aside` those that somebody set aside."""
        with authorized.session() as session:
            wanted = DeliveryFilter(
                **filters.model_dump(), since=since, until=until,
                companies=tuple(company_ids(session, authorized.scope, company)),
            )  # fmt: skip
            found = page_of(session, wanted.parts(session, authorized.scope), after, limit)
            rows = shaped(ListedDeliveryAnswer, found.items)
            _expand(session, authorized, rows, words_in(expand))
        return DeliveryPage(deliveries=rows, next=found.next)

    @api.get("/calls/{call_id}/deliveries", operation_id="listCallDeliveries")
    def deliveries(authorized: MayDeliveries, call_id: SubjectId) -> Deliveries:
        """What was sent because of one call, text or form, the newest first."""
        with authorized.session() as session:
            if not visible_subjects(session, authorized.scope, [call_id]):
                raise NotFound("Not found")
            newest = newest_deliveries(session, authorized.scope, DeliveryFilter(subject=call_id), MAX_DELIVERIES)
            return Deliveries(deliveries=shaped(DeliveryAnswer, newest))

    @api.post("/deliveries/{delivery_id}/replay", operation_id="replayDelivery")
    def again(
        authorized: MayReplay,
        once: OnlyOnce,
        directory: Present,
        delivery_id: Annotated[str, Path(max_length=36)],
        body: ReplayBody,
    ) -> DeliveryAnswer:
        """Send a delivery again that failed, was refused or was held back."""
        hub, actor = authorized.hub, authorized.user.id
        wanted = (Delivery.id == delivery_id, col(Delivery.hook).in_(HOOKS))

        def action(session: Session) -> dict[str, Any]:
            if body.fresh:
                replay_fresh(hub, session, directory, delivery_id, actor=actor)
            elif not replay(session, [delivery_id], hub.clock(), actor=actor, about=delivery_id):
                raise HTTPException(409, "It has not ended, or was delivered; there is nothing to send again.")
            return {}

        with authorized.session() as session:
            if session.exec(authorized.scope.select(Delivery).where(*wanted)).first() is None:
                raise NotFound("Not found")
        once.do(authorized, action)
        with authorized.session() as session:
            return DeliveryAnswer.model_validate(session.exec(select(Delivery).where(*wanted)).one())


def _expand(
    session: Session, authorized: AuthorizedRequest, rows: Sequence[ListedDeliveryAnswer], expand: Sequence[str]
) -> None:
    """Give rows what `expand` asks for, each read at once for all of them."""
    if "contact" in expand and may(authorized.user, "calls"):
        ids = {each.subject_id for each in rows}
        subjects = subjects_by_id(session, authorized.scope, authorized.hub.vault, ids)
        for each in rows:
            if each.subject_id in subjects:
                each.contact = SubjectAnswer.model_validate(subjects[each.subject_id])
    if "tries" in expand:
        tried = attempts_of(session, [each.id for each in rows])
        for each in rows:
            each.tries = shaped(AttemptAnswer, tried.get(each.id, ()))
