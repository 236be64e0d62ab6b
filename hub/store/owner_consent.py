"""The owners' words in the database, and whether a connector may read what is theirs."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.contracts.connector import Connector
from hub.model import ConnectorToken, ConsentEntry
from hub.store.engine import Store


def owners_use(connector: str) -> str:
    """The use that the ledger's records of an owner's words name."""
    return f"connector/{connector}"


def last_word(session: Session, connector: str) -> ConsentEntry | None:
    """What the owner of a connector's data said last."""
    said = select(ConsentEntry).where(col(ConsentEntry.company_id).is_(None), ConsentEntry.use == owners_use(connector))
    return session.exec(said.order_by(col(ConsentEntry.recorded_at).desc(), col(ConsentEntry.id).desc())).first()


def consented(store: Store, connector: Connector) -> bool:
    """Whether the owner's yes is stored, stands, was said to this provider, and covers every scope that is asked for now."""
    with store.reading() as session:
        word = last_word(session, connector.name)
    return (
        word is not None
        and word.state == "given"
        and sign_in_host(connector) in word.recipients
        and set(connector.manifest.auth.scopes) <= set(word.categories)
    )


def sign_in_host(connector: Connector) -> str:
    """Where the owner signs in; a yes that was said to a stand-in opens nothing at the provider itself."""
    sign_in = connector.owner_sign_in()
    return (urlsplit(sign_in.authorize_url).hostname if sign_in else None) or ""


def forget_token(session: Session, connector: str) -> None:
    """Delete a connector's token."""
    session.execute(delete(ConnectorToken).where(col(ConnectorToken.connector) == connector))
