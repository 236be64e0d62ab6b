"""The queue of doubtful refusals: what people may refuse, and the decision on each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path
from sqlmodel import Session, col

from hub.model import Company, DoubtfulRefusal
from hub.queries.privacy.doubts import open_doubts_of
from hub.texts.doubts import keep, refuse
from hub.web.api.auth import MayConsent
from hub.web.api.marks import Body
from hub.web.api.once import OnlyOnce
from hub.web.api.schemas import Answer, shaped


class DoubtfulRefusalAnswer(Answer):
    """What a person may refuse. `source`: text, form, call, voicemail, note or tag; `refused`: texts, calls or both;
    `words`: the sentences that count, null if they are gone; `is_typed`: the number was typed into a form and may be somebody
    else's. From `decide_by` on it counts as a no to marketing texts; one of calls
    alone to calls back, unless the number is typed."""

    id: str
    company: str
    who: str
    is_typed: bool
    source: str
    subject_id: str
    words: str | None
    refused: str
    at: datetime
    decide_by: datetime


class DoubtfulRefusals(Answer):
    """The undecided ones, the oldest first."""

    refusals: list[DoubtfulRefusalAnswer]


class DecisionBody(Body):
    """What the person refuses: texts, calls or both; keep if they refuse nothing."""

    decision: Literal["texts", "calls", "both", "keep"]


class DecisionAnswer(Answer):
    """The state after the decision: stop, or not_stop."""

    id: str
    state: str


def add_doubts(api: FastAPI) -> None:
    """Add the routes of the queue. Reading it is in the audit log before the words are sent."""

    @api.get("/doubtful_refusals", operation_id="listDoubtfulRefusals")
    def doubtful(authorized: MayConsent) -> DoubtfulRefusals:
        """What people may have refused, for a person to decide, the oldest first. Reading it is in the audit log."""
        with authorized.session() as session:
            companies = [each.id for each in session.exec(authorized.scope.select(Company).order_by(col(Company.id)))]
            found = open_doubts_of(session, authorized.hub, companies)
        if found:
            authorized.note("texts.doubtful", authorized.user.account_id, f"rows: {len(found)}")
        return DoubtfulRefusals(refusals=shaped(DoubtfulRefusalAnswer, found))

    @api.post("/doubtful_refusals/{doubt_id}", operation_id="decideDoubtfulRefusal")
    def decide(
        authorized: MayConsent, once: OnlyOnce, doubt_id: Annotated[str, Path(max_length=36)], body: DecisionBody
    ) -> DecisionAnswer:
        """Decide what the person refuses. A refusal counts from now on."""
        hub = authorized.hub
        with authorized.session() as session:
            doubt: DoubtfulRefusal = authorized.scope.one(session, DoubtfulRefusal, doubt_id)

        def action() -> dict[str, Any]:
            if body.decision == "keep":
                with hub.store.writing() as writing:
                    keep(writing, _row(writing, doubt), authorized.user.id, hub.clock())
            else:
                refuse(hub, doubt, authorized.user.id, body.decision)
            with hub.store.reading() as reading:
                return {"id": doubt.id, "state": _row(reading, doubt).state}

        return DecisionAnswer.model_validate(once.do_alone(authorized, action))


def _row(session: Session, doubt: DoubtfulRefusal) -> DoubtfulRefusal:
    return session.get_one(DoubtfulRefusal, doubt.id)
