"""What was sent because of a call, text or form; replay a delivery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Path, Query
from pydantic import StrictBool
from sqlmodel import Session, col, select

from hub.delivery.replay import replay
from hub.delivery.replay_fresh import replay_fresh
from hub.errors import NotFound
from hub.marks.subjects import visible_subjects
from hub.model import Delivery
from hub.numbers.directory import Directory
from hub.queries.deliveries.delivery_list import newest_deliveries
from hub.queries.lists.delivery_filter import HOOKS, STATES, DeliveryFilter
from hub.queries.lists.keyset import page_of
from hub.web.api.action_schemas import Deliveries, DeliveryPage
from hub.web.api.auth import MayDeliveries, MayReplay
from hub.web.api.marks import Body, SubjectId
from hub.web.api.once import OnlyOnce
from hub.web.api.paging import After, CompanyName, Limit, Since, Until, Words, company_ids
from hub.web.api.schemas import DeliveryAnswer, shaped

MAX_DELIVERIES = 10_000
"""Of one call, text or form."""


class ReplayBody(Body):
    """With `fresh` it is built again from what is known now; otherwise the same is sent again."""

    fresh: StrictBool = False


Text = Annotated[Words | None, Query()]
State: Any = Literal[STATES]


def add_deliveries(api: FastAPI, directory: Callable[[], Directory]) -> None:
    """Add the routes for deliveries."""

    @api.get("/deliveries", operation_id="listDeliveries")
    def every_delivery(
        authorized: MayDeliveries,
        company: CompanyName = None,
        state: State | None = None,
        connector: Text = None,
        rule: Text = None,
        code: Text = None,
        subject: Annotated[Words | None, Query(description="The id of a call, text or form.")] = None,
        since: Since = None,
        until: Until = None,
        after: After = None,
        limit: Limit = 50,
    ) -> DeliveryPage:
        """Conversions and log entries of calls that were sent or are to be sent, the newest first. `open` are those that
        wait for somebody, `aside` those that somebody set aside."""
        with authorized.session() as session:
            wanted = DeliveryFilter(
                companies=tuple(company_ids(session, authorized.scope, company)), state=state, connector=connector,
                rule=rule, code=code, subject=subject, since=since, until=until,
            )  # fmt: skip
            found = page_of(session, wanted.parts(session, authorized.scope), after, limit)
        return DeliveryPage(deliveries=shaped(DeliveryAnswer, found.items), next=found.next)

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
        authorized: MayReplay, once: OnlyOnce, delivery_id: Annotated[str, Path(max_length=36)], body: ReplayBody
    ) -> DeliveryAnswer:
        """Send a delivery again that failed, was refused or was held back."""
        hub, actor = authorized.hub, authorized.user.id
        wanted = (Delivery.id == delivery_id, col(Delivery.hook).in_(HOOKS))

        def action(session: Session) -> dict[str, Any]:
            if body.fresh:
                replay_fresh(hub, session, directory(), delivery_id, actor=actor)
            elif not replay(session, [delivery_id], hub.clock(), actor=actor, about=delivery_id):
                raise HTTPException(409, "It has not ended, or was delivered; there is nothing to send again.")
            return {}

        with authorized.session() as session:
            if session.exec(authorized.scope.select(Delivery).where(*wanted)).first() is None:
                raise NotFound("Not found")
        once.do(authorized, action)
        with authorized.session() as session:
            return DeliveryAnswer.model_validate(session.exec(select(Delivery).where(*wanted)).one())
