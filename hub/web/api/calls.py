"""Companies, calls and texts of the account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from hub.model import Company, TextMessage
from hub.queries.calls import list_calls, one_call
from hub.queries.lists.keyset import newest_first, page_of
from hub.queries.lists.plan import rows_of
from hub.texts.bodies import open_body
from hub.web.api.auth import Authenticator, AuthorizedRequest
from hub.web.api.paging import After, Limit
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

CompanyName = Annotated[str | None, Query(max_length=64, description="Only this company, by its name.")]


def no_number(value: object) -> object:
    """Refuse a number, which would be taken as seconds since 1970."""
    if isinstance(value, str) and value.strip("+-").replace(".", "").isdigit():
        raise PydanticCustomError("datetime_form", "a number is no time")
    return value


def add_calls(api: FastAPI, authenticator: Authenticator) -> None:
    """Add the routes for who called and wrote, and why."""

    @api.get("/companies")
    def companies(*, authorized: AuthorizedRequest = Depends(authenticator.to("account"))) -> Companies:
        with authorized.session() as session:
            rows = session.exec(authorized.scope.select(Company).order_by(Company.name))
            return Companies(companies=shaped(CompanyAnswer, rows))

    @api.get("/calls")
    def calls(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("calls")),
        company: CompanyName = None,
        since: Annotated[
            datetime | None,
            BeforeValidator(no_number),
            Query(description="Started at or after; ISO 8601 with a zone."),
        ] = None,
        spam: Annotated[
            Literal["yes", "no", "all"], Query(description="Only spam, only what is none, or both.")
        ] = "all",
        after: After = None,
        limit: Limit = 50,
    ) -> Calls:
        if since is not None and since.tzinfo is None:
            raise HTTPException(422, "Write since with its zone, like 2026-05-01T00:00:00Z.")
        with authorized.session() as session:
            found = list_calls(
                session,
                authorized.scope,
                authorized.hub.vault,
                company=company,
                since=since,
                spam=None if spam == "all" else spam == "yes",
                after=after,
                limit=limit,
            )
        return Calls(calls=shaped(CallAnswer, found.items), next=found.next)

    @api.get("/calls/{call_id}")
    def call(*, authorized: AuthorizedRequest = Depends(authenticator.to("calls")), call_id: str) -> CallDetail:
        with authorized.session() as session:
            found = one_call(session, authorized.scope, authorized.hub.vault, call_id)
        detail = CallDetail.model_validate(found.call)
        detail.attribution = AttributionAnswer.model_validate(found.attribution) if found.attribution else None
        detail.recordings = None if found.recordings is None else shaped(RecordingAnswer, found.recordings)
        return detail

    @api.get("/texts")
    def texts(
        *, authorized: AuthorizedRequest = Depends(authenticator.to("texts")), after: After = None, limit: Limit = 50
    ) -> Texts:
        with authorized.session() as session:
            order = newest_first(TextMessage.at, TextMessage.id)
            found = page_of(session, rows_of(session, authorized.scope, TextMessage, order), after, limit)
        return Texts(texts=shaped(TextAnswer, found.items), next=found.next)

    @api.get("/texts/{text_id}/body")
    def body(*, authorized: AuthorizedRequest = Depends(authenticator.to("bodies")), text_id: str) -> TextBody:
        with authorized.session() as session:
            text = authorized.scope.one(session, TextMessage, text_id)
            authorized.note("text.read", text.id)
            return TextBody(id=text.id, body=open_body(authorized.hub.vault, session, text))
