"""Mail to the users of an account: newsletter, promotions and research, each asked for and answered on its own."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from hub.model import Account, MailChoice, PolicyAcceptance
from hub.model.columns import CONSENT_LIFE
from hub.privacy.policies.document import PolicyRefused

Topic = Literal["newsletter", "promotions", "research"]
State = Literal["given", "refused", "withdrawn"]
TOPICS: tuple[Topic, ...] = ("newsletter", "promotions", "research")
STATES: tuple[State, ...] = ("given", "refused", "withdrawn")


def choose(
    session: Session, account: Account, address: str, topic: Topic, state: State, evidence: str | None, now: datetime
) -> MailChoice:
    """Write down what one user said to one kind of mail. A yes needs evidence of its own.

    PolicyRefused where the evidence of a yes is missing, was given for another kind of mail already, or is the acceptance of
    a policy: one tick never means two things, and accepting terms asks for no mail.
    """
    reader = _address(address)
    if state == "given":
        if not evidence:
            raise PolicyRefused("A yes needs evidence: say with --evidence where it can be seen.")
        if session.get(PolicyAcceptance, evidence) is not None:
            raise PolicyRefused("Accepting a policy is no consent to mail; ask for the mail by itself.")
        yes = [each for each in _said(session, account, reader) if each.state == "given"]
        if any(each.topic != topic and each.evidence == evidence for each in yes):
            raise PolicyRefused(
                "That evidence is of a yes to other mail; each kind needs a yes and evidence of its own."
            )
    choice = MailChoice(
        account_id=account.id, address=reader, topic=topic, state=state, evidence=evidence, chosen_at=now,
        expires_at=now + CONSENT_LIFE,
    )  # fmt: skip
    session.add(choice)
    return choice


def may_mail(session: Session, account: Account, address: str, topic: Topic, now: datetime) -> bool:
    """Whether this user may be sent this kind of mail: only on their own last word, and only where it was a yes."""
    said = [each for each in _said(session, account, _address(address)) if each.topic == topic]
    return bool(said) and said[-1].state == "given" and said[-1].expires_at > now


def choices(session: Session, account: Account) -> list[MailChoice]:
    """The last word of every user of an account on every kind of mail that they were asked about."""
    said = select(MailChoice).where(MailChoice.account_id == account.id).order_by(col(MailChoice.id))
    last = {(each.address or "", each.topic): each for each in session.exec(said)}
    return [last[key] for key in sorted(last)]


def _said(session: Session, account: Account, address: str) -> list[MailChoice]:
    of_user = select(MailChoice).where(MailChoice.account_id == account.id, MailChoice.address == address)
    return list(session.exec(of_user.order_by(col(MailChoice.chosen_at), col(MailChoice.id))))


def _address(written: str) -> str:
    address = written.strip().lower()
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,185}", address):
        raise PolicyRefused("That is no e-mail address; write it like pat@example.com.")
    return address
