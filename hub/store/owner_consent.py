"""Consent records of data owners, and whether a connector may read their data."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.contracts.connector import Connector
from hub.model import ConnectorToken, ConsentEntry
from hub.store.engine import Store


def owners_use(connector: str) -> str:
    """The name of the use in the ledger's records of an owner's consent."""
    return f"connector/{connector}"


def latest_entry(session: Session, connector: str) -> ConsentEntry | None:
    """The latest consent record of the owner of a connector's data."""
    said = select(ConsentEntry).where(col(ConsentEntry.company_id).is_(None), ConsentEntry.use == owners_use(connector))
    return session.exec(said.order_by(col(ConsentEntry.recorded_at).desc(), col(ConsentEntry.id).desc())).first()


def consented(store: Store, connector: Connector) -> bool:
    """Whether the owner's consent is stored, valid, given for this provider, and covers every scope that is
    requested now."""
    with store.reading() as session:
        entry = latest_entry(session, connector.name)
    return (
        entry is not None
        and entry.state == "given"
        and sign_in_host(connector) in entry.recipients
        and set(connector.manifest.auth.scopes) <= set(entry.categories)
    )


def sign_in_host(connector: Connector) -> str:
    """The host of the sign-in URL; consent that was given in a sandbox is not valid for the real provider."""
    sign_in = connector.owner_sign_in()
    return (urlsplit(sign_in.authorize_url).hostname if sign_in else None) or ""


def forget_token(session: Session, connector: str) -> None:
    """Delete a connector's token."""
    session.execute(delete(ConnectorToken).where(col(ConnectorToken.connector) == connector))
