"""One endpoint with its settings from config.yaml, and its secrets."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.config.models import Config, ConnectorEntry
from hub.config.sections.webhooks import WebhookSection
from hub.errors import CannotDo, NotFound
from hub.model import Company, WebhookEndpoint
from hub.privacy.datamap.recipients import endpoint_entry
from hub.runtime import Hub
from hub.store import audit
from hub.store.encryption.keyring import Keyring
from hub.store.encryption.webhook_secrets import PREFIX, new_secret

CALLRAIL = "callrail"
SECRET_HEX_BYTES = 16
MIN_SECRET_BYTES, MAX_SECRET_BYTES = 16, 64
KEEP_FORMER = timedelta(hours=24)
"""How long the secret before a rotation is valid, if nothing else is asked for."""
MAX_KEEP_FORMER = timedelta(days=30)
NO_KEY = "The hub has no secret key to keep webhook secrets with; set hub.secret_keys in config.yaml."


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that is in config.yaml."""

    row: WebhookEndpoint
    company: Company
    section: WebhookSection

    @property
    def entry(self) -> ConnectorEntry:
        """It as a recipient of data."""
        return endpoint_entry(self.company.name, self.section)


def endpoint_of(session: Session, config: Config, endpoint_id: str) -> Endpoint | None:
    """An endpoint by its id; None if config.yaml no longer has it."""
    row = session.get(WebhookEndpoint, endpoint_id)
    company = session.get(Company, row.company_id) if row else None
    if row is None or company is None:
        return None
    own = config.companies_by_name.get(company.name)
    section = next((each for each in own.webhooks if each.name == row.name), None) if own else None
    return Endpoint(row, company, section) if section else None


def endpoint_named(session: Session, config: Config, company: Company, name: str) -> Endpoint:
    """An endpoint by its company and name; NotFound if config.yaml has none."""
    wanted = (WebhookEndpoint.company_id == company.id, WebhookEndpoint.name == name)
    row = session.exec(select(WebhookEndpoint).where(*wanted, col(WebhookEndpoint.retired_at).is_(None))).first()
    found = endpoint_of(session, config, row.id) if row else None
    if found is None:
        raise NotFound(f"{company.title} has no webhook {name!r}; `hub webhooks list` shows its webhooks.")
    return found


@dataclass(frozen=True)
class Secrets:
    """The secrets with which an event is signed: the present one, and for a while the one before it."""

    present: str
    former: str | None = None
    former_until: datetime | None = None


def secrets_of(hub: Hub, endpoint: Endpoint) -> Secrets:
    """The endpoint's secrets; the first one is made when it is first asked for. CannotDo if the hub has no key."""
    if not hub.keyring:
        raise CannotDo(NO_KEY)
    with hub.store.reading() as session:
        row = session.get_one(WebhookEndpoint, endpoint.row.id)
    if row.secret_sealed is None:
        with hub.store.writing() as session:
            row = session.get_one(WebhookEndpoint, endpoint.row.id, with_for_update=True, populate_existing=True)
            if row.secret_sealed is None:
                row.secret_sealed = _sealed(hub.keyring, row.id, _made(endpoint.section))
                row.secret_made_at = hub.clock()
                session.add(row)
    present = _opened(hub.keyring, row.id, row.secret_sealed)
    if row.former_sealed is None or row.former_until is None or row.former_until <= hub.clock():
        return Secrets(present)
    return Secrets(present, _opened(hub.keyring, row.id, row.former_sealed), row.former_until)


def rotate(
    session: Session, hub: Hub, endpoint: Endpoint, actor: str, *, keep: timedelta = KEEP_FORMER, secret: str = ""
) -> str:
    """Give the endpoint a new secret, within `session`, and return it: a made one, or `secret`, such as the key that a
    receiver has from CallRail. The one before it stays valid for `keep`; with 0 it ends now. CannotDo if it cannot be one."""
    if not hub.keyring:
        raise CannotDo(NO_KEY)
    if not timedelta() <= keep <= MAX_KEEP_FORMER:
        raise CannotDo("The former secret can stay valid for 0 to 30 days.")
    chosen = _checked(endpoint.section, secret) if secret else _made(endpoint.section)
    now = hub.clock()
    row = session.get_one(WebhookEndpoint, endpoint.row.id, with_for_update=True, populate_existing=True)
    if row.secret_sealed is not None and keep:
        row.former_sealed, row.former_until = row.secret_sealed, now + keep
    else:
        row.former_sealed = row.former_until = None
    row.secret_sealed, row.secret_made_at = _sealed(hub.keyring, row.id, chosen), now
    session.add(row)
    session.flush()
    audit.note(session, now, actor, "webhook.rotate", row.company_id, row.name)
    return chosen


def end_rotation(session: Session, hub: Hub, endpoint: Endpoint, actor: str) -> None:
    """End the validity of the former secret, within `session`: the receiver knows the new one."""
    row = session.get_one(WebhookEndpoint, endpoint.row.id, with_for_update=True, populate_existing=True)
    if row.former_sealed is None:
        raise CannotDo("There is no former secret that is still valid.")
    row.former_sealed = row.former_until = None
    session.add(row)
    session.flush()
    audit.note(session, hub.clock(), actor, "webhook.rotate.end", row.company_id, row.name)


def resume(session: Session, hub: Hub, endpoint: Endpoint, actor: str) -> None:
    """Let an endpoint that said it is gone get events again, within `session`. What was set aside can be replayed."""
    row = session.get_one(WebhookEndpoint, endpoint.row.id, with_for_update=True, populate_existing=True)
    if row.paused_at is None:
        raise CannotDo("This webhook is not paused.")
    row.paused_at = row.pause_reason = row.failing_since = row.last_refusal = None
    session.add(row)
    session.flush()
    audit.note(session, hub.clock(), actor, "webhook.resume", row.company_id, row.name)


def encrypt_again(session: Session, keyring: Keyring) -> int:
    """Encrypt all secrets of endpoints with the newest key, within `session`; returns how many endpoints have any."""
    rows = session.exec(select(WebhookEndpoint).where(col(WebhookEndpoint.secret_sealed).is_not(None))).all()
    for row in rows:
        for name in ("secret_sealed", "former_sealed"):
            sealed = getattr(row, name)
            if sealed is not None:
                setattr(row, name, _sealed(keyring, row.id, _opened(keyring, row.id, sealed)))
        session.add(row)
    return len(rows)


def _made(section: WebhookSection) -> str:
    return secrets.token_hex(SECRET_HEX_BYTES) if section.format == CALLRAIL else new_secret()


def _checked(section: WebhookSection, secret: str) -> str:
    text = secret.strip()
    if section.format == CALLRAIL:
        if not MIN_SECRET_BYTES <= len(text) <= MAX_SECRET_BYTES or not text.isascii() or not text.isprintable():
            raise CannotDo("A key has 16 to 64 plain characters; copy it from CallRail's page of webhooks.")
        return text
    try:
        size = len(base64.b64decode(text.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not MIN_SECRET_BYTES <= size <= MAX_SECRET_BYTES:
        raise CannotDo("A secret is whsec_ and 16 to 64 bytes in base64; leave it out, and one is made.")
    return PREFIX + text.removeprefix(PREFIX)


def _sealed(keyring: Keyring, endpoint_id: str, secret: str) -> bytes:
    return keyring.encrypt(secret.encode(), _place(endpoint_id))


def _opened(keyring: Keyring, endpoint_id: str, sealed: bytes | None) -> str:
    assert sealed is not None
    return keyring.decrypt(sealed, _place(endpoint_id)).decode()


def _place(endpoint_id: str) -> str:
    return f"webhook_endpoint/{endpoint_id}"
