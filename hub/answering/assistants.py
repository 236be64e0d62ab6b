"""Assistants in calls: the token that opens a conversation one time, the question to the plugin, and what of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from hub.answering.call_context import AnswerRequest
from hub.config.callflow.assistant.converse_step import ConverseStep
from hub.contracts.agents import AgentReply, Talk
from hub.contracts.answers import AnswerPoint
from hub.contracts.phones import phone_number
from hub.contracts.transcripts import TranscriptPart
from hub.errors import RingfenceError
from hub.hookspecs import AgentHooks, spec_of
from hub.model import CallStep
from hub.model.columns import CALL_RETENTION
from hub.runtime import Hub
from hub.store.encryption.keyring import Keyring
from hub.store.rows import insert_rows

SPOOLED_AS = "conversation"
"""The kind of what was said, in the spool."""
DOMAIN = "conversation"
TOKEN_LIFETIME = timedelta(minutes=5)
"""What is said before the conversation, notice and opening, takes less."""


@dataclass(frozen=True, slots=True)
class Token:
    """Which conversation a token opens."""

    tracking_number: str
    mark: str


def token_for(keyring: Keyring, connector: str, point: AnswerPoint, mark: str, now: datetime) -> str:
    """A token that opens the conversation of this call at `mark`, within five minutes."""
    written = f"{mark}~{point.tracking_number}~{int((now + TOKEN_LIFETIME).timestamp())}"
    return f"{written}~{keyring.sign(DOMAIN, _signed(connector, point.call_id, written))}"


def read_token(keyring: Keyring, connector: str, call_id: str, token: str, now: datetime) -> Token | None:
    """What a token opens in this call; None if it is not ours, of another call, or too old."""
    written, _, signature = token.rpartition("~")
    if not keyring.signed(DOMAIN, _signed(connector, call_id, written), signature):
        return None
    mark, number, until = written.split("~")
    in_time = now.timestamp() < int(until)
    return Token(phone_number(number) or "", mark) if in_time else None


def _signed(connector: str, call_id: str, written: str) -> bytes:
    return "\0".join((connector, call_id, written)).encode("utf-8", "surrogatepass")


def begin(hub: Hub, request: AnswerRequest, step: str) -> bool:
    """Note that the conversation begins; whether it is the first time that its token is used."""
    row = CallStep.columns(
        connector=request.connector,
        carrier_call_id=request.point.call_id,
        company_id=request.line.company.id,
        flow_version=request.version,
        point=f"talk:{request.point.mark}",
        position=0,
        at=hub.clock(),
        step=step,
        do="converse",
        result="the conversation began",
        expires_at=hub.clock() + CALL_RETENTION,
    )
    with hub.store.connected() as connection:
        return insert_rows(connection, CallStep, [row]) == 1


def answer_seconds(hub: Hub) -> float:
    """How long a caller waits for an assistant."""
    return max(spec_of(AgentHooks.answer_caller).deadline, hub.answer_seconds)


def ask_agent(hub: Hub, agent: str, talk: Talk) -> AgentReply | None:
    """The answer of the connector `agent`, in time; None if there is none."""
    connector = hub.plugins.connectors.get(agent)
    if connector is None:
        return None
    try:
        given = hub.refusals.disclose(connector, talk, AgentHooks.answer_caller.__name__)
        return hub.plugins.call_within(answer_seconds(hub), agent, AgentHooks.answer_caller, given.value)
    except RingfenceError:
        return None


def keep_words(hub: Hub, request: AnswerRequest, step: ConverseStep, lines: Sequence[TranscriptPart]) -> None:
    """Keep what was said: durable and encrypted in the spool, from where it goes to the call's own transcript."""
    row = {
        "connector": request.connector,
        "carrier_call_id": request.point.call_id,
        "mark": request.point.mark,
        "agent": step.agent,
        "language": step.language_in(request.flow.language),
        "at": hub.clock(),
        "parts": [asdict(line) for line in lines],
    }
    hub.spool.put(SPOOLED_AS, [row])
