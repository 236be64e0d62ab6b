"""The owners' words in the database, and whether a connector may read what is theirs."""

from __future__ import annotations

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.contracts.connector import Connector
from hub.model.columns import CONSENT_LIFE
from hub.model.owners import OwnerConsent
from hub.model.syncs import ConnectorToken
from hub.store import audit
from hub.store.engine import Store


def last_word(session: Session, connector: str) -> OwnerConsent | None:
    """What the owner of a connector's data said last."""
    said = select(OwnerConsent).where(OwnerConsent.connector == connector)
    return session.exec(said.order_by(col(OwnerConsent.spoken_at).desc(), col(OwnerConsent.id).desc())).first()


def consented(store: Store, connector: Connector) -> bool:
    """Whether the owner's yes is stored, stands, was said to this provider, and covers every scope that is asked for now."""
    with store.reading() as session:
        word = last_word(session, connector.name)
    return (
        word is not None
        and word.state == "given"
        and word.sign_in_host == _sign_in_host(connector)
        and set(connector.manifest.auth.scopes) <= set(word.scopes)
    )


def keep_word(
    session: Session, connector: Connector, state: str, text: str, *, owner: str | None, actor: str, now: datetime
) -> OwnerConsent:
    """Add a word; it supersedes the one before. The hash-chained audit log says in the same transaction that it was said, for
    which scopes and under which text, so that a row that is changed or slipped in later has no entry of its own there."""
    before = last_word(session, connector.name)
    word = OwnerConsent(
        connector=connector.name,
        state=state,
        owner=owner or (before.owner if before else None),
        actor=actor,
        recipient=connector.manifest.recipient.name,
        sign_in_host=_sign_in_host(connector),
        scopes=list(connector.manifest.auth.scopes),
        text=text,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        supersedes=before.id if before else None,
        spoken_at=now,
        expires_at=now + CONSENT_LIFE,
    )
    session.add(word)
    session.flush()
    told = f"{connector.name}: {' '.join(word.scopes)}; text sha256:{word.text_sha256}"
    audit.note(session, now, actor, f"owner_consent.{state}", word.id, told)
    return word


def _sign_in_host(connector: Connector) -> str:
    sign_in = connector.owner_sign_in()
    return (urlsplit(sign_in.authorize_url).hostname if sign_in else None) or ""


def forget_token(session: Session, connector: str) -> None:
    """Delete a connector's token."""
    session.execute(delete(ConnectorToken).where(col(ConnectorToken.connector) == connector))
