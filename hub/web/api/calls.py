"""Companies, calls and texts of the account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from sqlmodel import col, select

from hub.access.narrowing import to_own_calls
from hub.access.users import may
from hub.model import Attribution, Call, Company, Recording, TextMessage
from hub.store.encrypted_fields import names_of
from hub.texts.bodies import open_body
from hub.web.api.auth import Asked, Door
from hub.web.api.paging import After, Limit, page_of
from hub.web.api.schemas import (
    AttributionAnswer,
    CallAnswer,
    CallDetail,
    Calls,
    Companies,
    CompanyAnswer,
    RecordingAnswer,
    TextAnswer,
    TextBody,
    Texts,
    shaped,
)

CompanyName = Annotated[str | None, Query(max_length=64, description="Only of this company, by its name.")]


def add_calls(api: FastAPI, door: Door) -> None:
    """Add the routes that tell who called and wrote, and why."""

    @api.get("/companies")
    def companies(*, asked: Asked = Depends(door.to("account"))) -> Companies:
        with asked.session() as session:
            rows = session.exec(asked.select(Company).order_by(Company.name))
            return Companies(companies=shaped(CompanyAnswer, rows))

    @api.get("/calls")
    def calls(
        *,
        asked: Asked = Depends(door.to("calls")),
        company: CompanyName = None,
        since: Annotated[datetime | None, Query(description="Started at or after; ISO 8601 with a zone.")] = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Calls:
        query = asked.select(Call).where(col(Call.company_id).is_not(None))
        if asked.reach == "own":
            query = to_own_calls(query, asked.user)
        if company is not None:
            query = query.where(col(Call.company_id).in_(select(Company.id).where(Company.name == company)))
        if since is not None:
            if since.tzinfo is None:
                raise HTTPException(422, "Write since with its zone, like 2026-05-01T00:00:00Z.")
            query = query.where(Call.started_at >= since)
        with asked.session() as session:
            rows, following = page_of(session, query, Call.id, after, limit)
            names = names_of(asked.hub.vault, session, rows)
        return Calls(calls=[_answer(row, names) for row in rows], next=following)

    @api.get("/calls/{call_id}")
    def call(*, asked: Asked = Depends(door.to("calls")), call_id: str) -> CallDetail:
        with asked.session() as session:
            row = own_call(asked, session, call_id)
            attribution = session.get(Attribution, row.id)
            names = names_of(asked.hub.vault, session, [row])
            detail = CallDetail.model_validate(_answer(row, names).model_dump())
            detail.attribution = AttributionAnswer.model_validate(attribution) if attribution else None
            if may(asked.user, "recordings"):
                kept = session.exec(select(Recording).where(Recording.call_id == row.id).order_by(col(Recording.id)))
                detail.recordings = shaped(RecordingAnswer, kept)
        return detail

    @api.get("/texts")
    def texts(*, asked: Asked = Depends(door.to("texts")), after: After = None, limit: Limit = 50) -> Texts:
        query = asked.select(TextMessage).where(col(TextMessage.company_id).is_not(None))
        with asked.session() as session:
            rows, following = page_of(session, query, TextMessage.id, after, limit)
        return Texts(texts=shaped(TextAnswer, rows), next=following)

    @api.get("/texts/{text_id}/body")
    def body(*, asked: Asked = Depends(door.to("bodies")), text_id: str) -> TextBody:
        with asked.session() as session:
            text = asked.one(session, TextMessage, text_id)
            asked.note("text.read", text.id)
            return TextBody(id=text.id, body=open_body(asked.hub.vault, session, text))


def _answer(call: Call, names: Mapping[str, str]) -> CallAnswer:
    answer = CallAnswer.model_validate(call)
    answer.caller_name = names.get(call.id)
    return answer


def own_call(asked: Asked, session: object, call_id: str) -> Call:
    """The call of an id; 404 where it is not the account's, or not the agent's own."""
    query = asked.select(Call).where(Call.id == call_id)
    if asked.reach == "own":
        query = to_own_calls(query, asked.user)
    row: Call | None = session.exec(query).first()  # type: ignore[attr-defined]
    if row is None or row.company_id is None:
        raise HTTPException(404, "Not found")
    return row
