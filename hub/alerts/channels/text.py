"""Alerts as texts: queued like every outgoing text, from one of the company's own numbers to the user's confirmed one.

The sender checks consent and the person's STOP again, as for everybody (`hub.delivery.send_texts`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session

from hub.alerts.wording import Message, summary_title
from hub.contracts.dialing import costs_extra
from hub.contracts.phones import phone_number
from hub.errors import CannotDo, Rejected
from hub.model import AlertPhone, Company, User
from hub.model.purposes import SERVICE
from hub.numbers.directory import Directory, Line
from hub.runtime import Hub
from hub.store import audit
from hub.texts.queue import SEND, queue_text
from hub.texts.suppression import is_suppressed

CODE_LIFETIME = timedelta(minutes=10)
UNCONFIRMED_LIFETIME = timedelta(days=1)
MAX_TRIES = 5
MAX_CODES_PER_DAY = 5
MAX_CHARACTERS = 300
CODE_TEXT = "{company}: {code} is your code for alerts by text. It works for ten minutes."
PURPOSE = "alert-phone"
DAY = timedelta(days=1)


def line_of(hub: Hub, directory: Directory, company_id: str) -> Line | None:
    """The number of the company that texts come from: the one that everybody may see, or the first that can text."""
    able = [
        line
        for line in directory.lines.values()
        if line.company.id == company_id and hub.plugins.implements(line.tracker.carrier, SEND)
    ]
    return min(able, key=lambda line: (not line.tracker.is_default, line.number.number), default=None)


def queue_alert_text(
    session: Session,
    hub: Hub,
    directory: Directory,
    user: User,
    company: Company,
    delivery_id: str,
    messages: Sequence[Message],
) -> None:
    """Queue one message, or several as one summary, within `session`. Rejected or CannotDo says why there is none."""
    phone = session.get(AlertPhone, user.id)
    if phone is None or phone.number is None or phone.verified_at is None:
        raise Rejected("The user has no confirmed phone number.")
    if is_suppressed(session, hub, company.id, phone.number, SERVICE):
        raise Rejected("The number has stopped texts of this company; it can send START to get them again.")
    line = line_of(hub, directory, company.id)
    if line is None:
        raise Rejected("None of the company’s numbers can send texts.")
    if len(messages) == 1:
        words = messages[0].sentence
    else:
        words = f"{summary_title(messages)}: " + "; ".join(each.title for each in messages)
    body = f"{words[:MAX_CHARACTERS]} {messages[0].url if len(messages) == 1 else _list(hub)}"
    queue_text(session, hub, line, phone.number, body, "staff_alert", key=f"alert/{delivery_id}")


def send_code(session: Session, hub: Hub, directory: Directory, user: User, company_id: str, written: str) -> None:
    """Text a code to a number, within `session`; the number counts once the code is entered. CannotDo says why not."""
    number, now = phone_number(written), hub.clock()
    if number is None:
        raise CannotDo("Write the phone number like +13125550190.")
    if costs_extra(number):
        raise CannotDo("Texts to premium and satellite numbers are not sent; write another phone's number.")
    line = line_of(hub, directory, company_id)
    if line is None:
        raise CannotDo("None of this company’s numbers can send texts, so alerts cannot come as texts.")
    row = session.get(AlertPhone, user.id, with_for_update=True) or AlertPhone(
        user_id=user.id, account_id=user.account_id, codes_since=now
    )
    if now - row.codes_since >= DAY:
        row.codes_since, row.codes_sent = now, 0
    if row.codes_sent >= MAX_CODES_PER_DAY:
        raise CannotDo("Five codes were sent today; try again tomorrow.")
    code = f"{secrets.randbelow(10**6):06}"
    row.number, row.verified_at, row.tries, row.codes_sent = number, None, 0, row.codes_sent + 1
    row.code_signature = hub.keyring.sign(PURPOSE, _signed(user.id, number, code))
    row.code_ends_at, row.expires_at = now + CODE_LIFETIME, now + UNCONFIRMED_LIFETIME
    session.add(row)
    session.flush()
    body = CODE_TEXT.format(company=line.company.title, code=code)
    queue_text(session, hub, line, number, body, "identity_code")
    audit.note(session, now, user.id, "alerts.phone.code", user.id)


def confirm(session: Session, hub: Hub, user: User, code: str) -> None:
    """Check a code, within `session`; CannotDo if it is wrong, old, or was tried too often.

    The caller commits also when it raises, so that the try is counted.
    """
    row, now = session.get(AlertPhone, user.id, with_for_update=True), hub.clock()
    if row is None or row.number is None or row.code_signature is None or row.code_ends_at is None:
        raise CannotDo("There is no code to check; have one sent first.")
    row.tries += 1
    session.add(row)
    session.flush()
    if row.tries > MAX_TRIES or row.code_ends_at <= now:
        raise CannotDo("This code is no longer valid; have another one sent.")
    if not hub.keyring.signed(PURPOSE, _signed(user.id, row.number, code.strip()), row.code_signature):
        raise CannotDo("This is not the code that was sent; look at the newest text.")
    row.verified_at, row.code_signature, row.code_ends_at, row.expires_at = now, None, None, None
    session.add(row)
    session.flush()
    audit.note(session, now, user.id, "alerts.phone.confirm", user.id)


def forget_phone(session: Session, hub: Hub, user: User) -> None:
    """Forget the user's number, within `session`."""
    row = session.get(AlertPhone, user.id)
    if row is not None:
        row.number = row.verified_at = row.code_signature = row.code_ends_at = None
        session.add(row)
        session.flush()
        audit.note(session, hub.clock(), user.id, "alerts.phone.forget", user.id)


def _signed(user_id: str, number: str, code: str) -> bytes:
    return f"{user_id}|{number}|{code}".encode("utf-8", "replace")


def _list(hub: Hub) -> str:
    return str(hub.config.hub.public_url).rstrip("/") + "/alerts"
