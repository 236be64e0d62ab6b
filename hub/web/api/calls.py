"""Companies, calls, forms and texts of the account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query
from sqlmodel import Session

from hub.access.users import may
from hub.model import TextMessage
from hub.model.states import MessageStatus
from hub.queries.contact.view import ContactView, view_of
from hub.queries.deliveries.delivery_list import deliveries_of
from hub.queries.lists.contact_list import list_contacts
from hub.queries.lists.filters import ContactKind
from hub.queries.marks import notes_on
from hub.queries.texts.text_list import TextFilter, list_texts
from hub.texts.bodies import open_body
from hub.web.api.auth import AuthorizedRequest, MayAccount, MayBodies, MayCalls, MayTexts
from hub.web.api.paging import (
    After,
    CallFilters,
    CompanyName,
    FormFilters,
    Limit,
    Number,
    Since,
    Until,
    Words,
    companies_of,
    company_ids,
    contact_filter,
)
from hub.web.api.schemas import (
    AttributionAnswer,
    CallAnswer,
    Calls,
    Companies,
    CompanyAnswer,
    ContactAnswer,
    DeliveryAnswer,
    FormAnswer,
    Forms,
    NoteText,
    RecordingAnswer,
    SpamScoreAnswer,
    TextAnswer,
    TextContent,
    Texts,
    shaped,
)

EXPANDABLE = ("attribution", "recordings", "notes", "deliveries")
_ONE = "|".join(EXPANDABLE)
Expand = Annotated[
    str | None,
    Query(
        pattern=f"^({_ONE})(,({_ONE})){{0,{len(EXPANDABLE) - 1}}}$",
        description=f"What each row shows in full besides its own fields, with commas between: {', '.join(EXPANDABLE)}.",
    ),
]
SpamChoice = Annotated[Literal["yes", "no", "all"], Query(description="Only spam, only what is none, or both.")]


def call_answers(
    session: Session, authorized: AuthorizedRequest, views: Sequence[ContactView], expand: Sequence[str]
) -> list[CallAnswer]:
    """Calls as the API answers them, with what `expand` asks for, each read at once for all calls."""
    scope, ids = authorized.scope, [each.id for each in views]
    notes = notes_on(session, scope, authorized.hub.vault, ids) if "notes" in expand else {}
    sees_sent = "deliveries" in expand and may(authorized.user, "deliveries") is not None
    deliveries = deliveries_of(session, scope, ids) if sees_sent else {}
    answers = []
    for view in views:
        answer = _with_contact(CallAnswer.model_validate(view.call), view)
        answer.caller_name, answer.outcome = view.name, view.outcome
        answer.spam_score = SpamScoreAnswer.model_validate(view.spam_verdict) if view.spam_verdict else None
        if "attribution" in expand and view.cause:
            answer.attribution = AttributionAnswer.model_validate(view.cause)
        if "recordings" in expand and (view.recordings or may(authorized.user, "recordings")):
            answer.recordings = shaped(RecordingAnswer, view.recordings)
        if "notes" in expand:
            answer.notes = [NoteText.of(each) for each in notes.get(view.id, ())]
        if sees_sent:
            answer.deliveries = shaped(DeliveryAnswer, deliveries.get(view.id, ()))
        answers.append(answer)
    return answers


def _with_contact(answer: Any, view: ContactView) -> Any:
    """An answer of a row's own fields, completed by what other tables say of it."""
    for name, value in ContactAnswer.model_validate(view):
        setattr(answer, name, value)
    return answer


def add_calls(api: FastAPI) -> None:
    """Add the routes for who called and wrote, and why."""
    _add_calls(api)
    _add_forms_and_texts(api)


def _add_calls(api: FastAPI) -> None:
    @api.get("/companies", operation_id="listCompanies")
    def companies(authorized: MayAccount) -> Companies:
        """The companies that the key's user may see, by title."""
        with authorized.session() as session:
            return Companies(companies=shaped(CompanyAnswer, companies_of(session, authorized.scope, None)))

    @api.get("/calls", operation_id="listCalls")
    def calls(
        authorized: MayCalls,
        company: CompanyName = None,
        since: Since = None,
        until: Until = None,
        filters: Any = Depends(CallFilters),
        spam: SpamChoice = "all",
        expand: Expand = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Calls:
        """The calls that the filters select, the newest first. All filters must hold."""
        sent = {**filters.model_dump(), "spam": None if spam == "all" else spam}
        with authorized.session() as session:
            rows = companies_of(session, authorized.scope, company)
            wanted = contact_filter(authorized, rows, sent, since, until, ContactKind.CALL)
            ids, vault = [each.id for each in rows], authorized.hub.vault
            found = list_contacts(session, authorized.scope, vault, ids, wanted, after=after, limit=limit)
            expanded = expand.split(",") if expand else ()
            return Calls(calls=call_answers(session, authorized, found.items, expanded), next=found.next)

    @api.get("/calls/{call_id}", operation_id="getCall")
    def call(authorized: MayCalls, call_id: str, expand: Expand = None) -> CallAnswer:
        """One call; its attribution and its recordings are always expanded."""
        expanded = {"attribution", "recordings", *(expand.split(",") if expand else ())}
        with authorized.session() as session:
            row = authorized.scope.call(session, call_id)
            view = view_of(session, authorized.hub.vault, row, authorized.user)
            (answer,) = call_answers(session, authorized, [view], sorted(expanded))
        return answer


def _add_forms_and_texts(api: FastAPI) -> None:
    @api.get("/forms", operation_id="listForms")
    def forms(
        authorized: MayCalls,
        company: CompanyName = None,
        since: Since = None,
        until: Until = None,
        filters: Any = Depends(FormFilters),
        spam: SpamChoice = "all",
        after: After = None,
        limit: Limit = 50,
    ) -> Forms:
        """The forms that the filters select, the newest first, without what was typed into their other fields."""
        sent = {**filters.model_dump(), "spam": None if spam == "all" else spam}
        with authorized.session() as session:
            rows = companies_of(session, authorized.scope, company)
            wanted = contact_filter(authorized, rows, sent, since, until, ContactKind.FORM)
            ids, vault = [each.id for each in rows], authorized.hub.vault
            found = list_contacts(session, authorized.scope, vault, ids, wanted, after=after, limit=limit)
            return Forms(forms=shaped(FormAnswer, found.items), next=found.next)

    @api.get("/texts", operation_id="listTexts")
    def texts(
        authorized: MayTexts,
        company: CompanyName = None,
        number: Annotated[Number | None, Query()] = None,
        tracker: Annotated[Words | None, Query(description="A tracker's name.")] = None,
        direction: Literal["in", "out"] | None = None,
        status: MessageStatus | None = None,
        since: Since = None,
        until: Until = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Texts:
        """Texts in both directions, the newest first, without what is written in them."""
        wanted = TextFilter(
            number=number, tracker=tracker, direction=direction, status=status, begins=since, ends=until
        )
        with authorized.session() as session:
            ids, vault = company_ids(session, authorized.scope, company), authorized.hub.vault
            found = list_texts(session, authorized.scope, vault, ids, wanted, after=after, limit=limit)
            rows = [_with_contact(TextAnswer.model_validate(each.text), each) for each in found.items]
            return Texts(texts=rows, next=found.next)

    @api.get("/texts/{text_id}/body", operation_id="getTextBody")
    def body(authorized: MayBodies, text_id: str) -> TextContent:
        """What is written in a text. The audit log names the key's user as its reader."""
        with authorized.session() as session:
            text = authorized.scope.one(session, TextMessage, text_id)
            authorized.note("text.read", text.id)
            return TextContent(id=text.id, body=open_body(authorized.hub.vault, session, text))
