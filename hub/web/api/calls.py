"""Companies, calls and texts of the account."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, FastAPI, Query
from pydantic import Field, create_model
from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.access.users import may
from hub.model import Company, TextMessage
from hub.queries.contact.view import ContactView, view_of
from hub.queries.lists.contact_list import list_contacts
from hub.queries.lists.filters import CHOICES, MAX_SECONDS, MAX_VALUE_CHARACTERS, TEXTS, ContactFilter, ContactKind
from hub.queries.lists.keyset import newest_first, page_of
from hub.queries.lists.plan import rows_of
from hub.texts.bodies import open_body
from hub.web.api.auth import MayAccount, MayBodies, MayCalls, MayTexts
from hub.web.api.paging import After, Limit, Since, Until
from hub.web.api.schemas import (
    AttributionAnswer,
    CallAnswer,
    CallDetail,
    Calls,
    Companies,
    CompanyAnswer,
    RecordingAnswer,
    SpamScoreAnswer,
    TextAnswer,
    TextContent,
    Texts,
    shaped,
)

CallShape = TypeVar("CallShape", bound=CallAnswer)
_KINDS: dict[str, Any] = {
    **{name: Annotated[str, Field(max_length=MAX_VALUE_CHARACTERS)] for name in TEXTS if name != "q"},
    **{name: Literal[CHOICES[name]] for name in ("outcome", "first_time")},
    **{name: Annotated[int, Field(ge=0, le=MAX_SECONDS)] for name in ("longer", "shorter")},
}
_FILTERS: dict[str, Any] = {name: (kind | None, None) for name, kind in _KINDS.items()}
ContactFilters: Any = create_model("ContactFilters", **_FILTERS)
"""The filters of the list of contacts by what answers show to everybody who may read calls."""
LEAD: Any = Literal[CHOICES["lead"]]
CallFilters: Any = create_model("CallFilters", __base__=ContactFilters, lead=(LEAD | None, None))
CompanyName = Annotated[str | None, Query(max_length=64, description="Only this company, by its name.")]


def company_ids(session: Session, scope: AccessScope, name: str | None) -> list[str]:
    """The ids of the companies that the user may see, or of the one with this name."""
    companies = scope.select(Company)
    return [each.id for each in session.exec(companies if name is None else companies.where(Company.name == name))]


def _answer(shape: type[CallShape], view: ContactView) -> CallShape:
    """A call: its row, its caller's name and its spam score."""
    answer = shape.model_validate(view.call)
    answer.caller_name = view.name
    answer.spam_score = SpamScoreAnswer.model_validate(view.spam_verdict) if view.spam_verdict else None
    return answer


def add_calls(api: FastAPI) -> None:
    """Add the routes for who called and wrote, and why."""

    @api.get("/companies", operation_id="listCompanies")
    def companies(authorized: MayAccount) -> Companies:
        """The companies that the key's user may see, by name."""
        with authorized.session() as session:
            rows = session.exec(authorized.scope.select(Company).order_by(Company.name))
            return Companies(companies=shaped(CompanyAnswer, rows))

    @api.get("/calls", operation_id="listCalls")
    def calls(
        authorized: MayCalls,
        company: CompanyName = None,
        since: Since = None,
        until: Until = None,
        filters: Any = Depends(CallFilters),
        spam: Annotated[
            Literal["yes", "no", "all"], Query(description="Only spam, only what is none, or both.")
        ] = "all",
        after: After = None,
        limit: Limit = 50,
    ) -> Calls:
        """The calls that the filters select, the newest first. All filters must hold."""
        marked = None if spam == "all" else spam
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            wanted = ContactFilter(kind=ContactKind.CALL, begins=since, ends=until, spam=marked, **filters.model_dump())
            found = list_contacts(
                session, authorized.scope, authorized.hub.vault, ids, wanted, after=after, limit=limit
            )
            return Calls(calls=[_answer(CallAnswer, each) for each in found.items], next=found.next)

    @api.get("/calls/{call_id}", operation_id="getCall")
    def call(authorized: MayCalls, call_id: str) -> CallDetail:
        """One call, with its attribution and its recordings."""
        with authorized.session() as session:
            row = authorized.scope.call(session, call_id)
            view = view_of(session, authorized.hub.vault, row, authorized.user)
            detail = _answer(CallDetail, view)
            detail.attribution = AttributionAnswer.model_validate(view.cause) if view.cause else None
            heard = view.recordings or may(authorized.user, "recordings")
            detail.recordings = shaped(RecordingAnswer, view.recordings) if heard else None
        return detail

    @api.get("/texts", operation_id="listTexts")
    def texts(authorized: MayTexts, after: After = None, limit: Limit = 50) -> Texts:
        """Texts in both directions, the newest first, without what is written in them."""
        with authorized.session() as session:
            order = newest_first(TextMessage.at, TextMessage.id)
            found = page_of(session, rows_of(session, authorized.scope, TextMessage, order), after, limit)
        return Texts(texts=shaped(TextAnswer, found.items), next=found.next)

    @api.get("/texts/{text_id}/body", operation_id="getTextBody")
    def body(authorized: MayBodies, text_id: str) -> TextContent:
        """What is written in a text. The audit log names the key's user as its reader."""
        with authorized.session() as session:
            text = authorized.scope.one(session, TextMessage, text_id)
            authorized.note("text.read", text.id)
            return TextContent(id=text.id, body=open_body(authorized.hub.vault, session, text))
