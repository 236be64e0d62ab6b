"""Give a plugin what was recorded of a call: only after a notice that the law asks for and with consent; the disclosure is
stored before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import select

from hub.config.callflow.transcription_notice import mentions_transcription
from hub.contracts.consent import NO_ANSWER
from hub.contracts.manifest import Manifest
from hub.contracts.places import places_of_number
from hub.errors import AuthError, CircuitOpen, ConfigError, NotSupported, RetryLater, RingfenceError
from hub.flow.case import Case
from hub.flow.consent import ask, disclosure_row, question_about
from hub.model import Call, ConsentDecision, Disclosure, RecordingNotice
from hub.runtime import Hub
from hub.store.connectors import pause
from hub.store.journal import undo_disclosure, write_evidence

MOMENT = "hear"
USE, CATEGORY = "telephony.recording", "user.telephony.recording"
UNTOLD = (
    "The caller was not told that an outside service transcribes the call, and the law of a place of the call asks for "
    "that, so what was said is not given to it."
)


class Denied(RingfenceError):
    """The data may not be given to the plugin."""


def ask_plugin(
    hub: Hub, case: Case, call: Call, kind: str, connector: str, hook: Callable[..., Any], value: Any, deadline: float
) -> Any:
    """What the connector answers to `value`, which comes from a recording of this `kind`; Denied says why it may not get it."""
    if connector not in hub.plugins.connectors:
        raise RetryLater(f"config.yaml has no connector {connector!r}.")
    plugin, now, account = hub.plugins.connectors[connector], hub.clock(), case.company.account_id
    if untold := why_untold(hub, case, call, kind, plugin.manifest, now):
        raise Denied(untold)
    (ruling,) = ask(hub, [case], connector, hook.__name__, type(value), MOMENT, now)
    if ruling.is_unanswered:
        raise RetryLater(ruling.decision.ruling.reason)
    given = hub.refusals.disclose(plugin, value, hook.__name__)
    disclosure = disclosure_row(ruling, case, connector, plugin.manifest.recipient.name, given.categories, now)
    with hub.store.writing() as session:
        accounts = {ruling.row.subject_id: account}
        write_evidence(session, ConsentDecision, [ruling.row], accounts)
        if ruling.allowed:
            write_evidence(session, Disclosure, [Disclosure(**disclosure)], accounts)
    if not ruling.allowed:
        raise Denied(ruling.decision.ruling.reason)
    try:
        return hub.plugins.call_within(deadline, connector, hook, given.value)
    except (AuthError, ConfigError, NotSupported, CircuitOpen) as error:
        with hub.store.writing() as session:
            undo_disclosure(session, hub.keyring, account, disclosure["id"], hub.clock())
        if not isinstance(error, AuthError | ConfigError):
            raise
        pause(hub.store, connector, error, hub.clock())
        raise RetryLater(str(error)) from None


def why_untold(hub: Hub, case: Case, call: Call, kind: str, manifest: Manifest, now: datetime) -> str | None:
    """Why a recording may not be transcribed by the plugin with this manifest; None if nothing is missing.

    The caller's places are those of the number and of the visit, as when the call was answered. A voicemail needs no
    notice: who leaves one speaks to a machine. RetryLater if no consent plugin answered.
    """
    if manifest.recipient.role == "none" or kind == "voicemail":
        return None
    question = question_about(case, manifest=manifest, use=USE, categories=frozenset({CATEGORY}), now=now)
    declared = tuple(place for place in question.person_places if place.basis == "declared")
    places = (*places_of_number(call.caller_number), *declared)
    (decision,) = hub.plugins.judge([replace(question, person_places=places, transcribed_by=manifest.recipient.name)])
    if decision.ruling.rule_id == NO_ANSWER:
        raise RetryLater(decision.ruling.reason)
    if "announce_transcription" not in decision.duties:
        return None
    heard = select(RecordingNotice.text).where(
        RecordingNotice.connector == call.connector, RecordingNotice.carrier_call_id == call.carrier_call_id
    )
    with hub.store.reading() as session:
        return None if any(map(mentions_transcription, session.exec(heard))) else UNTOLD
