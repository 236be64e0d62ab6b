"""Check what a hook returned. A plugin that returns the wrong type is reported; nothing else is affected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, get_args

from hub.contracts.call_backs import CallBackEvent, LegStatus
from hub.contracts.consent import STRICTNESS, Opinion
from hub.contracts.costs import Cost
from hub.contracts.events import FAILURE_WORDS, CallEvent, CallEventKind, MessageEvent, MessageStatusEvent
from hub.contracts.facts import Fact
from hub.contracts.outcomes import Outcome, OutcomePage
from hub.contracts.phones import e164
from hub.contracts.values import Money
from hub.contracts.webhooks import AnswerDocument
from hub.errors import PluginFailure
from hub.hookspecs import HookSpec
from hub.plugin_host.inspection.findings import returned_form

MAX_RETURNED_ID_CHARACTERS = 64
MAX_ITEMS, MAX_LOCAL_ITEMS, MAX_FACTS = 100_000, 10_000, 500
"""In one list: of a provider, of the plugin itself, and about one caller."""
MAX_FACT_CHARACTERS, MAX_DOCUMENT_CHARACTERS = 4_000, 200_000
PLAUSIBLE_YEARS = range(2000, 2100)
CALL_EVENT_KINDS = frozenset(get_args(CallEventKind))
MAX_COST = 10**10
"""Of one row, in any currency."""
LEGS, LEG_STATUSES = frozenset({"user", "person"}), frozenset(get_args(LegStatus))


def checked(connector: str, spec: HookSpec, answer: Any) -> Any:
    """`answer` unchanged if it has the hook's return type; otherwise PluginFailure says what was returned."""
    if wrong := wrong_with(spec, answer):
        raise PluginFailure(f"connector {connector!r} {wrong} in {spec.name}; report it to the plugin's author.")
    return answer if spec.result_types else None


def wrong_with(spec: HookSpec, answer: Any) -> str | None:
    """What is wrong with what a hook returned, as in `returned dict, which is not a list of Fact`; None if it is right."""
    if not spec.result_types:
        return None
    if spec.returns_sequence and not isinstance(answer, list | tuple):
        return f"returned {_shown(answer)}, which is not {returned_form(spec)},"
    items: Sequence[object] = answer if spec.returns_sequence else (answer,)
    most = MAX_FACTS if Fact in spec.result_types else MAX_ITEMS if spec.network else MAX_LOCAL_ITEMS
    if len(items) > most:
        return f"gave {len(items):,} items where at most {most:,} are taken"
    for item in items:
        if not isinstance(item, spec.result_types):
            what = f"a list with {_shown(item)}" if spec.returns_sequence else _shown(item)
            return f"returned {what}, which is not {returned_form(spec)},"
        if wrong := _wrong(item):
            return wrong
    return None


def _shown(value: object) -> str:
    """The type of a value, in words: what it holds may be about a person."""
    return "nothing" if value is None else f"a {type(value).__name__}"


def _wrong(item: object) -> str | None:
    if isinstance(item, CallEvent):
        if item.kind not in CALL_EVENT_KINDS:
            return "told an event of an unknown kind"
        if item.failure is not None and item.failure not in FAILURE_WORDS:
            return "told a failure for an unknown reason"
        return _wrong_id(item.call_id) or _wrong_time(item.at)
    if isinstance(item, MessageEvent):
        wrong = None if e164(item.tracking_number) else "told a text to something that is no number"
        return wrong or _wrong_id(item.message_id) or _wrong_time(item.at)
    if isinstance(item, MessageStatusEvent):
        return _wrong_id(item.message_id) or _wrong_time(item.at)
    if isinstance(item, CallBackEvent):
        if item.leg not in LEGS or item.status not in LEG_STATUSES:
            return "told of an unknown leg, or an unknown status of one"
        wrong_call = None if item.call_id is None else _wrong_id(item.call_id)
        return wrong_call or _wrong_id(item.key) or _wrong_time(item.at)
    if isinstance(item, Opinion):
        return None if item.verdict in STRICTNESS else "gave an unknown verdict"
    if isinstance(item, OutcomePage):
        return next(filter(None, map(_wrong_outcome, item.outcomes)), None)
    if isinstance(item, Fact):
        return "gave a fact that is too long" if len(item.name) + len(item.value) > MAX_FACT_CHARACTERS else None
    if isinstance(item, AnswerDocument):
        return "gave a document that is too long" if len(item.body) > MAX_DOCUMENT_CHARACTERS else None
    return _wrong_cost(item) if isinstance(item, Cost) else None


def _wrong_cost(cost: Cost) -> str | None:
    if not isinstance(cost.day, date) or isinstance(cost.day, datetime) or cost.day.year not in PLAUSIBLE_YEARS:
        return "told a cost without a plausible day"
    money = cost.cost
    if not isinstance(money, Money) or not money.amount.is_finite() or not 0 <= money.amount < MAX_COST:
        return "told a cost that is no amount of 0 or more"
    if not re.fullmatch("[A-Z]{3}", money.currency):
        return "told a cost without a currency of three capital letters"
    return None if cost.source and cost.medium else "told a cost without its source or medium"


def _wrong_outcome(outcome: object) -> str | None:
    if not isinstance(outcome, Outcome):
        return f"gave {type(outcome).__name__} where Outcome was wanted"
    return _wrong_id(outcome.external_id) or _wrong_time(outcome.changed_at) or _wrong_time(outcome.occurred_at)


def _wrong_id(text: object) -> str | None:
    fits = isinstance(text, str) and 0 < len(text) <= MAX_RETURNED_ID_CHARACTERS and text.isprintable()
    return None if fits else f"gave an id that is not 1 to {MAX_RETURNED_ID_CHARACTERS} printable characters"


def _wrong_time(at: object) -> str | None:
    if not isinstance(at, datetime) or at.tzinfo is None:
        return "gave a time without a zone"
    return None if at.year in PLAUSIBLE_YEARS else "gave a time of another age"
