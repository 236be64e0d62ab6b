"""PINs that are typed by phone: whether one opens a voicemail, which messages are in it, and the signed address of each; and
which agent of a queue has it.

A PIN in a call flow is sealed with the hub's own key, so that neither config.yaml nor the database shows it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session, col, func, select

from hub.answering.call_context import AnswerRequest
from hub.config.callflow.context import WRONG_PIN, Opening
from hub.config.callflow.definition import PIN_DIGITS, Messages, WithPin
from hub.config.callflow.resume_token import parse_mark
from hub.errors import CannotDo
from hub.model import Call, CallStep, FlowVersion, Recording
from hub.model.calls import MAX_CALL_AGE
from hub.store.encryption.keyring import Keyring
from hub.store.rows import indexless

PIN_DOMAIN, LINK_DOMAIN = "voicemail pin", "voicemail by phone"
MAX_WRONG_PINS, LOCKED_FOR = 5, timedelta(hours=1)
"""After so many wrong PINs within the time a voicemail opens to nobody: a hundred years for half of all PINs."""
MAX_MESSAGES, OLDEST = 20, timedelta(days=30)
LINK_LIFETIME = timedelta(minutes=30)
StepOfFlow = tuple[str, str, str]
"""The id of a company, the name of a flow of it, and of a step of that."""


def sealed_pin(keyring: Keyring, pin: str) -> str:
    """A PIN as a call flow has it. CannotDo says what is wrong with it."""
    if not (len(pin) == PIN_DIGITS and pin.isascii() and pin.isdecimal()) or len(set(pin)) < 3 or pin in "0123456789":
        raise CannotDo(f"Choose {PIN_DIGITS} digits that nobody guesses: at least three different ones, not in a row.")
    if not keyring:
        raise CannotDo("A PIN needs hub.secret_keys; hub secrets new-key makes one.")
    salt = secrets.token_hex(8)
    return f"{salt}.{keyring.sign(PIN_DOMAIN, f'{salt}.{pin}'.encode())}"


def pin_fits(keyring: Keyring, sealed: str, digits: str) -> bool:
    """Whether these are the digits of a sealed PIN."""
    salt, _, signature = sealed.partition(".")
    return len(digits) == PIN_DIGITS and keyring.signed(PIN_DOMAIN, f"{salt}.{digits}".encode(), signature)


def openings(
    session: Session, keyring: Keyring, requests: Sequence[AnswerRequest], now: datetime, public_url: str
) -> Mapping[tuple[str, str], Opening]:
    """By call: what a caller at a PIN, or behind it, may hear, and whose PIN it is."""
    found: dict[tuple[str, str], Opening] = {}
    tried: dict[StepOfFlow, int] = {}

    def messages(request: AnswerRequest, step: WithPin) -> tuple[str, ...]:
        if not isinstance(step, Messages):
            return ()
        box = (request.line.company.id, request.flow.name, step.box)
        return _messages(session, keyring, box, now, public_url)

    for each in requests:
        mark = parse_mark(each.point.mark)
        step = each.flow.steps.get(mark.step) if mark and each.point.moment == "digits" else None
        if mark is None or not isinstance(step, WithPin):
            continue
        if mark.heard == "o":
            found[each.call] = Opening(True, messages=messages(each, step))
            continue
        box = (each.line.company.id, each.flow.name, mark.step)
        if box not in tried:
            tried[box] = _wrong_pins(session, box, now)
        # Guesses that come at the same moment count one after the other.
        locked, agent = tried[box] >= MAX_WRONG_PINS, 0
        if isinstance(step, Messages):
            fits = pin_fits(keyring, step.pin, each.point.digits)
        else:
            pins = enumerate(agent.pin for agent in each.flow.agents)
            having = [at for at, pin in pins if pin and pin_fits(keyring, pin, each.point.digits)]
            fits, agent = len(having) == 1, having[0] if having else 0
        tried[box] += not fits
        found[each.call] = Opening(fits, locked, messages(each, step) if fits and not locked else (), agent)
    return found


def _wrong_pins(session: Session, step: StepOfFlow, now: datetime) -> int:
    counted = select(func.count()).where(
        *_taken(step),
        CallStep.company_id == step[0],
        CallStep.result == WRONG_PIN,
        col(CallStep.at) > now - LOCKED_FOR,
    )
    return int(session.exec(counted).one())


def _taken(step: StepOfFlow) -> tuple[Any, ...]:
    """That a call took this step of this flow, on any version. A step of another flow is another one, whatever its name."""
    company, flow, name = step
    versions = select(FlowVersion.number).where(FlowVersion.company_id == company, FlowVersion.name == flow)
    return indexless(CallStep.company_id) == company, CallStep.step == name, col(CallStep.flow_version).in_(versions)


def _messages(session: Session, keyring: Keyring, box: StepOfFlow, now: datetime, public_url: str) -> tuple[str, ...]:
    step: Any = CallStep
    left = select(step.id).where(
        *_taken(box),
        step.connector == Call.connector,
        step.carrier_call_id == Call.carrier_call_id,
        step.do == "voicemail",
    )
    wanted = (
        select(Recording.recorded_at, Recording.id, Recording.content_type)
        .join(Call, col(Call.id) == col(Recording.call_id))
        .where(
            Call.company_id == box[0],
            col(Call.started_at) > now - OLDEST - MAX_CALL_AGE,
            Recording.kind == "voicemail",
            col(Recording.path).is_not(None),
            col(Recording.recorded_at) > now - OLDEST,
            left.exists(),
        )
    )
    # In the order of their times the database would read all recordings of all companies.
    newest = sorted(session.exec(wanted), reverse=True)[:MAX_MESSAGES]
    expires = int((now + LINK_LIFETIME).timestamp())
    return tuple(f"{public_url}{_path(keyring, each, kind, expires)}" for _, each, kind in newest)


def _path(keyring: Keyring, recording_id: str, content_type: str | None, expires: int) -> str:
    query = {"expires": expires, "signature": keyring.sign(LINK_DOMAIN, f"{recording_id}/{expires}".encode())}
    return f"/audio/{recording_id}.{'mp3' if content_type == 'audio/mpeg' else 'wav'}?{urlencode(query)}"


def may_hear(keyring: Keyring, recording_id: str, query: Mapping[str, str], now: datetime) -> bool:
    """Whether the query of a request for a message is one that the hub made, and still valid."""
    expires = query.get("expires", "")
    genuine = keyring.signed(LINK_DOMAIN, f"{recording_id}/{expires}".encode(), query.get("signature", ""))
    return genuine and now.timestamp() < int(expires)
