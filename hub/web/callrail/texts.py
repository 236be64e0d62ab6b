"""`text-messages` and `sms-threads`: the conversations by text. Each reading is in the audit log before the words are sent.

`text-messages` keeps its list under `conversations`, `sms-threads` under `sms_threads`; the records are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col

from hub.access.users import may
from hub.callrail import fields
from hub.callrail.ids import THREAD
from hub.callrail.texts import MARKS, thread_record
from hub.errors import existing
from hub.model import TextMessage
from hub.queries.lists.keyset import Parts
from hub.queries.texts.conversations import (
    ThreadFilter,
    facts_of_threads,
    list_newest_texts,
    newest_of,
    visible_texts,
)
from hub.web.callrail.calls import asked_period
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Fields, Records, Resource


def _visible(request: CallRailRequest, session: Session) -> Any:
    return visible_texts(request.scope)


def _parts(request: CallRailRequest, session: Session) -> Parts:
    company = request.company(session)
    span = asked_period(request, session, company)
    wanted = ThreadFilter(
        begins=span.begins,
        ends=span.ends,
        company_id=company.id if company else None,
        search=request.parameters.text("search"),
    )
    return list_newest_texts(session, request.scope, wanted)


def _records(request: CallRailRequest, session: Session, rows: Sequence[TextMessage], names: Fields) -> Records:
    user = request.scope.user
    facts = facts_of_threads(session, request.hub.vault, rows, with_marks=not MARKS.isdisjoint(names), user=user)
    if facts and may(user, "bodies"):
        if "id" in request.ids:
            request.authorized.note("text.read", rows[0].id, f"thread, {len(facts[0].texts)} texts")
        else:
            request.authorized.note("text.list", user.account_id, f"texts of {len(facts)} threads")
    return [thread_record(each, names) for each in facts]


class Threads(Resource):
    """A resource whose records are conversations: one is named by any of its texts."""

    def record(self, request: CallRailRequest, session: Session, row_id: str) -> Mapping[str, Any]:
        """The conversation that has the text `row_id`; NotFound if the user does not see it."""
        newest = existing(newest_of(session, request.scope, row_id))
        return super().record(request, session, newest)


TEXT_MESSAGES = Threads(
    path="text-messages",
    actions=("texts",),
    prefix=THREAD,
    fields=fields.CONVERSATION,
    parts=_parts,
    one_query=_visible,
    records=_records,
    orders={"last_message_at": (col(TextMessage.at), col(TextMessage.id))},
    key="conversations",
)
SMS_THREADS = replace(TEXT_MESSAGES, path="sms-threads", key="sms_threads")
