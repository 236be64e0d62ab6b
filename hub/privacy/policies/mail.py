"""Mail to the users of an account: newsletter, promotions and research, each asked for and answered on its own.

A word on it is a record of the consent ledger. Its person is the beginning of a keyed hash of the address; the address and
the evidence are sealed beside the record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from hub.model import Account, ConsentDetail, ConsentEntry, PolicyAcceptance
from hub.model.columns import CONSENT_LIFE
from hub.privacy.ledger import Word, append
from hub.privacy.policies.document import PolicyRefused
from hub.store.vault import Vault

Topic = Literal["newsletter", "promotions", "research"]
State = Literal["given", "refused", "withdrawn"]
TOPICS: tuple[Topic, ...] = ("newsletter", "promotions", "research")
STATES: tuple[State, ...] = ("given", "refused", "withdrawn")
USE = "marketing.communications.email."
"""The data use of a word on mail; the topic follows."""


@dataclass(frozen=True)
class Choice:
    """What one user said to one kind of mail; address and evidence are None once their life is over."""

    address: str | None
    topic: str
    state: str
    evidence: str | None
    chosen_at: datetime


def choose(
    session: Session,
    vault: Vault,
    account: Account,
    address: str,
    topic: Topic,
    state: State,
    evidence: str | None,
    now: datetime,
) -> str:
    """Write down what one user said to one kind of mail; the record's id. A yes needs evidence of its own.

    PolicyRefused where the evidence of a yes is missing, was given for another kind of mail already, or is the acceptance of
    a policy: one tick never means two things, and accepting terms asks for no mail.
    """
    reader = _address(address)
    user = _user(session, vault, account, reader)
    if state == "given":
        if not evidence:
            raise PolicyRefused("A yes needs evidence: say with --evidence where it can be seen.")
        if session.get(PolicyAcceptance, evidence) is not None:
            raise PolicyRefused("Accepting a policy is no consent to mail; ask for the mail by itself.")
        yes = [each for each in _said(session, vault, account, user) if each.state == "given"]
        if any(each.topic != topic and each.evidence == evidence for each in yes):
            raise PolicyRefused(
                "That evidence is of a yes to other mail; each kind needs a yes and evidence of its own."
            )
    word = Word(
        company_id=None,
        account_id=account.id,
        person_id=user,
        state=state,
        use=USE + topic,
        channel="mail choice",
        detail=json.dumps({"address": reader, "evidence": evidence}),
        spoken_at=now,
        lapses_at=now + CONSENT_LIFE if state == "given" else None,
    )
    (record_id,) = append(session, [word], now, vault)
    return record_id


def may_mail(session: Session, vault: Vault, account: Account, address: str, topic: Topic, now: datetime) -> bool:
    """Whether this user may be sent this kind of mail: only on their own last word, and only where it was a yes."""
    user = _user(session, vault, account, _address(address))
    said = [row for row in _records(session, account, user) if row.use == USE + topic]
    return bool(said) and said[-1].state == "given" and (said[-1].lapses_at or now) > now


def choices(session: Session, vault: Vault, account: Account) -> list[Choice]:
    """The last word of every user of an account on every kind of mail that they were asked about."""
    last = {(each.address or "", each.topic): each for each in _said(session, vault, account)}
    return [last[key] for key in sorted(last)]


def _said(session: Session, vault: Vault, account: Account, user: str | None = None) -> Iterator[Choice]:
    for row in _records(session, account, user):
        detail = session.get(ConsentDetail, row.id)
        sealed = detail.sealed if detail is not None else None
        plain = vault.open(session, sealed, f"consent_detail/{row.id}") if sealed else None
        told = json.loads(plain) if plain else {}
        topic = row.use.removeprefix(USE)
        yield Choice(told.get("address"), topic, row.state, told.get("evidence"), row.spoken_at)


def _records(session: Session, account: Account, user: str | None) -> list[ConsentEntry]:
    said = select(ConsentEntry).where(ConsentEntry.account_id == account.id, col(ConsentEntry.use).startswith(USE))
    if user is not None:
        said = said.where(ConsentEntry.person_id == user)
    return list(session.exec(said.order_by(col(ConsentEntry.recorded_at), col(ConsentEntry.id))))


def _user(session: Session, vault: Vault, account: Account, address: str) -> str:
    return vault.fingerprint(session, account.id, address)[:36]


def _address(written: str) -> str:
    address = written.strip().lower()
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,185}", address):
        raise PolicyRefused("That is no e-mail address; write it like pat@example.com.")
    return address
