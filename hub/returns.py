"""What each hook must give back: a plugin that gives back anything else broke its contract, and harms nobody by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from hub.contracts.connector import ConnectionReport
from hub.contracts.consent import STRICTNESS, Opinion
from hub.contracts.conversions import Receipt
from hub.contracts.events import CallEvent, CallEventKind, MessageEvent, MessageStatusEvent
from hub.contracts.facts import Fact
from hub.contracts.numbers import NumberOffer, OwnedNumber, RecordingAudio
from hub.contracts.outcomes import Outcome, OutcomePage
from hub.contracts.people import Corrected, Erasure, HeldRecord
from hub.contracts.phones import e164
from hub.contracts.ports import PortOrder
from hub.contracts.rules import LegalRule
from hub.contracts.sources import KnownSource
from hub.contracts.texts import MediaFile
from hub.contracts.transcripts import Transcript
from hub.contracts.webhooks import AnswerDocument, VerifiedWebhook
from hub.errors import PluginFailure

ONE: Mapping[str, type] = {
    "acknowledge_webhook": AnswerDocument,
    "buy_number": OwnedNumber,
    "check_connection": ConnectionReport,
    "configure_number": OwnedNumber,
    "correct_person": Corrected,
    "erase_person": Erasure,
    "fetch_media": MediaFile,
    "fetch_recording": RecordingAudio,
    "judge": Opinion,
    "order_port": PortOrder,
    "pull_outcomes": OutcomePage,
    "render_answer": AnswerDocument,
    "send_text": Receipt,
    "transcribe": Transcript,
    "verify_webhook": VerifiedWebhook,
}
"""Hooks that give one value."""
SEVERAL: Mapping[str, tuple[type, ...]] = {
    "enrich_caller": (Fact,),
    "export_person": (HeldRecord,),
    "list_calls": (CallEvent,),
    "list_numbers": (OwnedNumber,),
    "list_ports": (PortOrder,),
    "list_rules": (LegalRule,),
    "list_sources": (KnownSource,),
    "log_calls": (Receipt,),
    "parse_webhook": (CallEvent, MessageEvent, MessageStatusEvent),
    "poll_receipts": (Receipt,),
    "search_numbers": (NumberOffer,),
    "upload_conversions": (Receipt,),
}
"""Hooks that give a sequence, and what is in it."""
LONGEST_ID = 64
YEARS = range(2000, 2100)
KINDS = frozenset(get_args(CallEventKind))


def checked(connector: str, hook: str, answer: Any) -> Any:
    """`answer` as it came where it is what the hook must give; PluginFailure says what was given instead."""
    if hook in ONE:
        items: Sequence[Any] = (answer,)
        wanted: tuple[type, ...] = (ONE[hook],)
    elif hook in SEVERAL:
        wanted = SEVERAL[hook]
        if not isinstance(answer, list | tuple):
            raise _broken(connector, hook, f"gave {type(answer).__name__} where a list was wanted")
        items = answer
    else:
        return answer
    for item in items:
        if not isinstance(item, wanted):
            names = " or ".join(each.__name__ for each in wanted)
            raise _broken(connector, hook, f"gave {type(item).__name__} where {names} was wanted")
        if wrong := _wrong(item):
            raise _broken(connector, hook, wrong)
    return answer


def _wrong(item: Any) -> str | None:
    if isinstance(item, CallEvent):
        if item.kind not in KINDS:
            return "told an event of an unknown kind"
        return _wrong_id(item.call_id) or _wrong_time(item.at)
    if isinstance(item, MessageEvent):
        wrong = None if e164(item.tracking_number) else "told a text to something that is no number"
        return wrong or _wrong_id(item.message_id) or _wrong_time(item.at)
    if isinstance(item, MessageStatusEvent):
        return _wrong_id(item.message_id) or _wrong_time(item.at)
    if isinstance(item, Opinion):
        return None if item.verdict in STRICTNESS else "gave an unknown verdict"
    if isinstance(item, OutcomePage):
        return next(filter(None, map(_wrong_outcome, item.outcomes)), None)
    return None


def _wrong_outcome(outcome: Any) -> str | None:
    if not isinstance(outcome, Outcome):
        return f"gave {type(outcome).__name__} where Outcome was wanted"
    return _wrong_id(outcome.external_id) or _wrong_time(outcome.changed_at) or _wrong_time(outcome.occurred_at)


def _wrong_id(text: Any) -> str | None:
    fits = isinstance(text, str) and 0 < len(text) <= LONGEST_ID and text.isprintable()
    return None if fits else f"gave an id that is not 1 to {LONGEST_ID} printable characters"


def _wrong_time(at: Any) -> str | None:
    if not isinstance(at, datetime) or at.tzinfo is None:
        return "gave a time without a zone"
    return None if at.year in YEARS else "gave a time of another age"


def _broken(connector: str, hook: str, what: str) -> PluginFailure:
    return PluginFailure(f"connector {connector!r} {what} in {hook}; report it to the plugin's author.")
