"""Makes a refusal effective everywhere at once: queued items are held, and nothing is sent after its commit.

Every send to or about a person holds that person's lock, shared with other sends (`shared_person_lock`), from the
consent check until the send is over. Writing a refusal takes the lock exclusively (`exclusive_person_lock`): it waits
for sends under way, no new one begins meanwhile, and all later sends read the refusal. A send takes at most 50 s
(hub.plugin_host.guard), so a refusal is in force within 60 s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.contracts.consent import NOT_DELIBERATE, within
from hub.model import ConsentEntry, Delivery, Person, TextMessage
from hub.model.purposes import ANSWERS_TO_WORDS, LISTED_USES, USES
from hub.model.states import DeliveryState, MessageStatus
from hub.privacy.contacts import contacts_of
from hub.privacy.ledger import REFUSING_STATES, ConsentStatement, append
from hub.privacy.suppression_list import add_suppressions, lift_suppressions
from hub.store.encryption.vault import Vault
from hub.store.engine import Store
from hub.store.locks import hold_locks
from hub.store.rows import count_changed

MAX_WITHDRAWAL_SECONDS = 60.0
"""Seconds until a withdrawal is in force everywhere."""
STRIPES = 64
"""Number of locks for all people together, so that a batch of thousands of people needs only a few."""
SEND_TEXT = "send_text"
CODE = "consent.{state}"
REASON = {
    "refused": "The person has refused this use.",
    "withdrawn": "The person has withdrawn their consent.",
    "objected": "The person has objected to direct marketing.",
}


def person_lock_keys(company_id: str, person_id: str | None, phone_number: str | None) -> set[str]:
    """The locks of one person: by id and by number, because the id or the number may be known first."""
    names = [person_id] if person_id else []
    if phone_number:
        names.append(f"{company_id}|{phone_number}")
    return {f"person/{hashlib.sha256(name.encode()).digest()[0] % STRIPES}" for name in names}


@contextmanager
def shared_person_lock(store: Store, keys: Collection[str], seconds: float) -> Iterator[bool]:
    """Hold people's locks, shared with other sends. False if a refusal is still being written after `seconds`."""
    with hold_locks(store, (), seconds, shared=keys) as free:
        yield free


@contextmanager
def exclusive_person_lock(
    store: Store, people: Sequence[Person], state: str, seconds: float = MAX_WITHDRAWAL_SECONDS
) -> Iterator[bool]:
    """Take people's locks exclusively while their refusal is written; a consent needs no lock.

    False if a send did not end in time; write the refusal anyway. Do not open a writing session around it.
    """
    if state not in REFUSING_STATES:
        yield True
        return
    keys = set().union(*(person_lock_keys(each.company_id, each.id, each.phone_number) for each in people))
    keys |= {f"text/{each.company_id}/{each.phone_number}" for each in people if each.phone_number}
    with hold_locks(store, keys, seconds) as free:
        yield free


def has_refused(session: Session, person_id: str, use: str) -> bool:
    """Whether the person has ever refused `use`, a part of it or a broader use. Then a yes must be their own, with
    evidence.
    """
    noes = select(ConsentEntry.use).where(
        ConsentEntry.person_id == person_id,
        ConsentEntry.scope == "person",
        col(ConsentEntry.state).in_(REFUSING_STATES),
    )
    return any(within(use, no) or within(no, use) for no in session.exec(noes))


def take_effect(
    session: Session, config: Config, vault: Vault, statements: Sequence[ConsentStatement], now: datetime
) -> int:
    """Append records to the ledger and hold queued items that they refuse. Returns how many items are held now.

    Call it within `exclusive_person_lock`, in the transaction that makes the withdrawal effective. Held items stay held
    if the person changes their mind: `hub deliveries replay` checks consent again.
    """
    append(session, statements, now, vault)
    for word in statements:
        _suppress(session, vault, word, now)
    return sum(
        _hold(session, config, word, word.person_id, now)
        for word in statements
        if word.state in REFUSING_STATES and word.person_id
    )


def _suppress(session: Session, vault: Vault, word: ConsentStatement, now: datetime) -> None:
    """Put a refusal of texts or calls on the suppression list, so that it outlasts the person's row, like a stop by text.
    A yes to exactly these texts or calls lifts it. A refusal of marketing as a whole, as on a cookie banner, counts for
    texts only if it is an objection.
    """
    person = session.get(Person, word.person_id) if word.person_id else None
    if person is None or person.known_number is None or word.recipients:
        return
    fingerprint = vault.fingerprint(session, person.company_id, person.known_number)
    if word.state == "given":
        if word.use not in LISTED_USES or word.channel in NOT_DELIBERATE:
            return
        lift_suppressions(session, fingerprint, (word.use,), min(word.stated_at, now), now)
    elif word.state == "objected" or (word.state in REFUSING_STATES and "." in word.use):
        stopped = [use for use in LISTED_USES if within(use, word.use)]
        add_suppressions(session, fingerprint, stopped, min(word.stated_at, now), now)


def _hold(session: Session, config: Config, word: ConsentStatement, person_id: str, now: datetime) -> int:
    person = session.get(Person, person_id)
    theirs = [*chain(*contacts_of(session, person))] if person else []
    if not theirs:
        return 0
    # Leased rows belong to sends that have not begun: after a send its row is not leased, and we hold the lock
    # exclusively.
    waiting = [
        col(Delivery.state).in_((DeliveryState.READY, DeliveryState.LEASED)),
        col(Delivery.subject_id).in_(theirs),
    ]
    changes = {"state": DeliveryState.HELD, "code": CODE.format(state=word.state), "reason": REASON[word.state]}
    held = 0
    for (connector, hook), use in _uses(config, word).items():
        mine = [col(Delivery.connector) == connector, col(Delivery.hook) == hook, *waiting]
        if within(use, word.use):
            held += _change(session, mine, changes, now)
    purposes = [purpose for purpose, use in USES.items() if within(use, word.use)]
    texts = session.exec(
        select(TextMessage.id).where(
            col(TextMessage.id).in_(theirs),
            col(TextMessage.purpose).in_(purposes),
            col(TextMessage.purpose).not_in(ANSWERS_TO_WORDS),
            TextMessage.status == MessageStatus.QUEUED,
        )
    ).all()
    if texts and not word.recipients:
        held += _change(
            session, [col(Delivery.hook) == SEND_TEXT, *waiting, col(Delivery.subject_id).in_(texts)], changes, now
        )
        values = {"status": MessageStatus.REFUSED, "code": changes["code"], "reason": changes["reason"]}
        changed = update(TextMessage).where(col(TextMessage.id).in_(texts)).values(**values)
        session.execute(changed.execution_options(synchronize_session=False))
    return held


def _uses(config: Config, word: ConsentStatement) -> Mapping[tuple[str, str], str]:
    """The data use of each hook of each connector to which the record applies."""
    return {
        (name, flow.hook): flow.use
        for name, entry in config.connectors.items()
        if not word.recipients or entry.connector_class.manifest.recipient.name in word.recipients
        for flow in entry.connector_class.manifest.flows
        if flow.hook != SEND_TEXT
    }


def _change(session: Session, where: Iterable[ColumnElement[bool]], values: Mapping[str, str], now: datetime) -> int:
    statement = update(Delivery).where(*where).values(**values, finished_at=now, lease_token=None, lease_until=None)
    return count_changed(session, statement.execution_options(synchronize_session=False))
