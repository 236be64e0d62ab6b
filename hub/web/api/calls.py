"""Companies, numbers, calls, forms and texts of the account, and who waits for a call back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, FastAPI, Path, Query
from pydantic import Field
from sqlmodel import Session

from hub.access.users import may
from hub.answering.queue_agents import sign_agent
from hub.model import Company, TextMessage
from hub.model.queues import AgentState
from hub.queries.activity.queues import Doing, WaitState, agent_named, agents_now, queues_now
from hub.queries.contact.view import ContactView, view_of
from hub.queries.deliveries.delivery_list import deliveries_of
from hub.queries.lists.contact_list import list_contacts
from hub.queries.lists.filters import ContactKind
from hub.queries.marks import notes_on
from hub.queries.missed_calls import waiting_callers
from hub.queries.numbers.number_list import list_numbers
from hub.queries.texts.text_list import TextFilter, list_texts
from hub.texts.bodies import open_body
from hub.web.api.auth import AuthorizedRequest, MayAccount, MayBodies, MayCalls, MaySetup, MayTexts
from hub.web.api.marks import Body
from hub.web.api.once import OnlyOnce
from hub.web.api.paging import (
    NOT_BLANK,
    After,
    CallFilters,
    CompanyName,
    Day,
    FormFilters,
    Limit,
    Since,
    TextFilters,
    Until,
    companies_of,
    company_ids,
    contact_filter,
    expandable,
    words_in,
)
from hub.web.api.schemas import (
    Answer,
    AttributionAnswer,
    CallAnswer,
    Calls,
    Companies,
    CompanyAnswer,
    ContactAnswer,
    DeliveryAnswer,
    ExpandableAnswer,
    FormAnswer,
    Forms,
    NoteText,
    NumberAnswer,
    Numbers,
    RecordingAnswer,
    SignalAnswer,
    SpamScoreAnswer,
    TextAnswer,
    TextContent,
    Texts,
    shaped,
)

EXPANDABLE = ("attribution", "notes", "deliveries")


Expand: Any = expandable(*EXPANDABLE)
ExpandCalls: Any = expandable(*EXPANDABLE, "recordings")
AnyAnswer = TypeVar("AnyAnswer", bound=ExpandableAnswer)
CompanyId = Annotated[str, Path(max_length=36)]
SpamChoice = Annotated[Literal["yes", "no", "all"], Query(description="Only spam, only what is none, or both.")]


class WaitingCallerAnswer(Answer):
    """A caller whose calls were missed and with whom nobody has spoken since. `call_id` is the newest of them, `missed` how
    many they are."""

    call_id: str
    company_id: str
    tracking_number: str | None
    caller_number: str
    caller_name: str | None
    missed: int
    first_missed_at: datetime
    last_missed_at: datetime
    voicemail: bool


class WaitingCallers(Answer):
    """Who waits for a call back, the longest first; `total` counts all, also those beyond `limit`."""

    waiting_callers: list[WaitingCallerAnswer]
    total: int


class QueueWaitAnswer(Answer):
    """One who waits or talks now, in the order of coming in. `waited`: seconds until the answer, or until now. Who sees own
    calls only gets no call and no number."""

    company: str
    flow: str
    step: str
    state: WaitState
    since: datetime
    waited: int
    agent: str | None
    call_id: str | None
    caller_number: str | None


class QueueAgentAnswer(Answer):
    """An agent, and what they do now. `since` and `changed_by`: when and by whom they were signed in or out; `missed_calls`:
    the hub put them on a break, because calls were not picked up."""

    company: str
    name: str
    phone: str
    skills: list[str]
    doing: Doing
    since: datetime | None
    changed_by: str | None
    missed_calls: bool
    call_id: str | None


class QueueFiguresAnswer(Answer):
    """What became of the callers of one queue, in seconds. `in_time`: answered within the target; `turned_away`: the queue was
    full, the wait too long, or nobody signed in."""

    company: str
    flow: str
    step: str
    came: int
    answered: int
    in_time: int
    called_back: int
    abandoned: int
    turned_away: int
    left: int
    failed: int
    average_wait: int | None
    longest_wait: int


class Queues(Answer):
    """The queues as they are now, and the figures of some days."""

    waits: list[QueueWaitAnswer]
    agents: list[QueueAgentAnswer]
    figures: list[QueueFiguresAnswer]


class QueueSignBody(Body):
    """An agent, by name or phone, and whether they take calls from now on."""

    agent: str = Field(max_length=80, pattern=NOT_BLANK)
    state: AgentState


def call_answers(
    session: Session, authorized: AuthorizedRequest, views: Sequence[ContactView], expand: Sequence[str]
) -> list[CallAnswer]:
    """Calls as the API answers them, with what `expand` asks for."""
    answers = []
    for view in views:
        answer = _with_contact(CallAnswer.model_validate(view.call), view)
        answer.caller_name, answer.outcome = view.name, view.outcome
        answer.spam_score = SpamScoreAnswer.model_validate(view.spam_verdict) if view.spam_verdict else None
        answer.signals = shaped(SignalAnswer, view.signals)
        if "recordings" in expand and (view.recordings or may(authorized.user, "recordings")):
            answer.recordings = shaped(RecordingAnswer, view.recordings)
        answers.append(answer)
    return _expanded(session, authorized, views, answers, expand)


def _expanded(
    session: Session,
    authorized: AuthorizedRequest,
    views: Sequence[ContactView],
    answers: list[AnyAnswer],
    expand: Sequence[str],
) -> list[AnyAnswer]:
    """The answers on some contacts with what `expand` asks for, each read at once for all of them."""
    scope, ids = authorized.scope, [each.id for each in views]
    notes = notes_on(session, scope, authorized.hub.vault, ids) if "notes" in expand else {}
    sees_sent = "deliveries" in expand and may(authorized.user, "deliveries") is not None
    deliveries = deliveries_of(session, scope, ids) if sees_sent else {}
    for view, answer in zip(views, answers, strict=True):
        answer.attribution = answer.notes = answer.deliveries = (
            None  # a form's answer is read from a view that has some
        )
        if "attribution" in expand and view.cause:
            answer.attribution = AttributionAnswer.model_validate(view.cause)
        if "notes" in expand:
            answer.notes = [NoteText.of(each) for each in notes.get(view.id, ())]
        if sees_sent:
            answer.deliveries = shaped(DeliveryAnswer, deliveries.get(view.id, ()))
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
    _add_queues(api)


def _add_calls(api: FastAPI) -> None:
    @api.get("/companies", operation_id="listCompanies")
    def companies(authorized: MayAccount) -> Companies:
        """The companies that the key's user may see, by title."""
        with authorized.session() as session:
            return Companies(companies=shaped(CompanyAnswer, companies_of(session, authorized.scope, None)))

    @api.get("/numbers", operation_id="listNumbers")
    def numbers(authorized: MaySetup, company: CompanyName = None) -> Numbers:
        """The tracking numbers that have not been given back, each with its tracker, by number."""
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            found = list_numbers(session, authorized.scope, ids, authorized.hub.clock())
            return Numbers(numbers=shaped(NumberAnswer, found))

    @api.get("/waiting-callers", operation_id="listWaitingCallers")
    def waiting(authorized: MayCalls, company: CompanyName = None, limit: Limit = 50) -> WaitingCallers:
        """Who waits for a call back: callers of the last 14 days whom nobody has reached since, who waits longest first."""
        with authorized.session() as session:
            scope, vault, now = authorized.scope, authorized.hub.vault, authorized.hub.clock()
            ids = company_ids(session, scope, company)
            found, total = waiting_callers(session, scope, vault, now, companies=ids, limit=limit)
            return WaitingCallers(waiting_callers=shaped(WaitingCallerAnswer, found), total=total)

    @api.get("/calls", operation_id="listCalls")
    def calls(
        authorized: MayCalls,
        company: CompanyName = None,
        since: Since = None,
        until: Until = None,
        filters: Any = Depends(CallFilters),
        spam: SpamChoice = "all",
        expand: ExpandCalls = None,
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
            return Calls(calls=call_answers(session, authorized, found.items, words_in(expand)), next=found.next)

    @api.get("/calls/{call_id}", operation_id="getCall")
    def call(authorized: MayCalls, call_id: str, expand: ExpandCalls = None) -> CallAnswer:
        """One call; its attribution and its recordings are always expanded."""
        expanded = {"attribution", "recordings", *words_in(expand)}
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
        expand: Expand = None,
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
            answers = _expanded(session, authorized, found.items, shaped(FormAnswer, found.items), words_in(expand))
            return Forms(forms=answers, next=found.next)

    @api.get("/texts", operation_id="listTexts")
    def texts(
        authorized: MayTexts,
        company: CompanyName = None,
        filters: Any = Depends(TextFilters),
        since: Since = None,
        until: Until = None,
        expand: Expand = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Texts:
        """Texts in both directions, the newest first, without what is written in them."""
        wanted = TextFilter(**filters.model_dump(), since=since, until=until)
        with authorized.session() as session:
            ids, vault = company_ids(session, authorized.scope, company), authorized.hub.vault
            found = list_texts(session, authorized.scope, vault, ids, wanted, after=after, limit=limit)
            rows = [_with_contact(TextAnswer.model_validate(each.text), each) for each in found.items]
            return Texts(texts=_expanded(session, authorized, found.items, rows, words_in(expand)), next=found.next)

    @api.get("/texts/{text_id}/body", operation_id="getTextBody")
    def body(authorized: MayBodies, text_id: str) -> TextContent:
        """What is written in a text. The audit log names the key's user as its reader."""
        with authorized.session() as session:
            text = authorized.scope.one(session, TextMessage, text_id)
            authorized.note("text.read", text.id)
            return TextContent(id=text.id, body=open_body(authorized.hub.vault, session, text))


def _add_queues(api: FastAPI) -> None:
    @api.get("/queues", operation_id="getQueues")
    def queues(
        authorized: MayCalls, company: CompanyName = None, first: Day | None = None, last: Day | None = None
    ) -> Queues:
        """Who waits for an agent and who talks, the agents, and how long the callers of some days waited; of seven days if none
        are named."""
        hub, scope = authorized.hub, authorized.scope
        with authorized.session() as session:
            rows = companies_of(session, scope, company)
            return Queues.model_validate(queues_now(session, scope, rows, hub.config, (first, last), hub.clock()))

    @api.put("/queues/{company_id}/agents", operation_id="signQueueAgent")
    def sign(authorized: MayCalls, once: OnlyOnce, company_id: CompanyId, body: QueueSignBody) -> QueueSignBody:
        """Sign an agent in or out, or send them on a break: yourself, or anybody if your role may call people back."""
        hub = authorized.hub
        with authorized.session() as session:
            company = authorized.scope.one(session, Company, company_id)
            found = agent_named(agents_now(session, [company], hub.config, hub.clock()), company.name, body.agent)

        def action(session: Session) -> dict[str, Any]:
            sign_agent(session, authorized.user, found.company_id, found.agent, body.state, hub.clock())
            return body.model_dump()

        return QueueSignBody.model_validate(once.do(authorized, action))
