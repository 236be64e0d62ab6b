"""What users allow assistants: authorization codes, access tokens, rotating refresh tokens, and their end.

A code and a refresh token work once. If one comes again, somebody has a copy of it, so the whole connection ends. Tokens are
random and stored as hashes; each belongs to one resource. Sources: OAuth 2.1 (draft 13), 4.1.3, 4.3.1, 7.5; RFC 8707; RFC 9700.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, or_, update
from sqlmodel import Session, col, func, select

from hub.access.sign_in.sessions import hash_of
from hub.access.users import AccessRefused
from hub.model import Account, AssistantGrant, AssistantToken, OAuthClient, User
from hub.store import audit
from hub.store.engine import Store
from hub.store.rows import count_changed

CODE_LIFETIME = timedelta(seconds=60)
ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=30)
GRANT_LIFETIME = timedelta(days=180)
LAST_USE_PRECISION = timedelta(hours=1)
MAX_GRANTS_PER_USER = 20
READ, PERSONAL_DATA = "read", "personal_data"
ACCESS_PREFIX, REFRESH_PREFIX = "cta_", "ctr_"
SECRET_BYTES = 32
Kind = Literal["access", "refresh"]


def allow(
    session: Session,
    user: User,
    client: OAuthClient,
    redirect_uri: str,
    resource: str,
    code: str,
    code_challenge: str,
    now: datetime,
    *,
    personal_data: bool = False,
) -> None:
    """Write what a user allows within `session`, with its authorization code and its audit entry. AccessRefused if the account
    has turned assistants off, or the user has connected too many."""
    if is_off(session, user.account_id):
        raise AccessRefused("An owner has turned off assistants for this account.")
    living = (col(AssistantGrant.user_id) == user.id, *_living(now))
    if int(session.scalar(select(func.count()).where(*living)) or 0) >= MAX_GRANTS_PER_USER:
        raise AccessRefused("You have connected many assistants; disconnect one first.")
    grant = AssistantGrant(
        account_id=user.account_id,
        user_id=user.id,
        client_id=client.id,
        client_name=client.name,
        redirect_uri=redirect_uri,
        resource=resource,
        personal_data=personal_data,
        code_sha256=hash_of(code),
        code_challenge=code_challenge,
        code_ends_at=now + CODE_LIFETIME,
        made_at=now,
        ends_at=now + GRANT_LIFETIME,
    )
    session.add(grant)
    session.flush()
    _note(session, now, user.id, "assistants.allow", grant, PERSONAL_DATA if personal_data else READ)


def redeem_code(store: Store, code: str, client_id: str, now: datetime) -> AssistantGrant | None:
    """The grant of a code that is used now, for the first time and by its own program; else None. A code that comes again ends
    its grant."""
    with store.writing() as session:
        grant = session.exec(select(AssistantGrant).where(AssistantGrant.code_sha256 == hash_of(code))).first()
        if grant is None or grant.client_id != client_id or grant.revoked_at is not None:
            return None
        unused = update(AssistantGrant).where(
            col(AssistantGrant.id) == grant.id, col(AssistantGrant.code_used_at).is_(None)
        )
        if not count_changed(session, unused.values(code_used_at=now)):
            _end_copied(session, grant, now, "code")
            return None
        return grant if now < grant.code_ends_at else None


def exchange_refresh_token(store: Store, token: str, client_id: str, now: datetime) -> AssistantGrant | None:
    """The living grant of a refresh token that is used now, for the first time and by its own program; else None. A token that
    comes again ends its grant."""
    with store.writing() as session:
        row = session.get(AssistantToken, hash_of(token))
        grant = session.get(AssistantGrant, row.grant_id) if row is not None and row.kind == "refresh" else None
        if row is None or grant is None or grant.client_id != client_id or _user_of(session, grant, now) is None:
            return None
        unused = update(AssistantToken).where(
            col(AssistantToken.token_sha256) == row.token_sha256, col(AssistantToken.used_at).is_(None)
        )
        if not count_changed(session, unused.values(used_at=now)):
            _end_copied(session, grant, now, "refresh token")
            return None
        return grant if now < row.ends_at else None


def new_token(session: Session, grant: AssistantGrant, kind: Kind, token: str, now: datetime) -> None:
    """Store a token of a grant within `session`; it ends with the grant at the latest."""
    life = ACCESS_LIFETIME if kind == "access" else REFRESH_LIFETIME
    session.add(
        AssistantToken(
            token_sha256=hash_of(token),
            account_id=grant.account_id,
            grant_id=grant.id,
            kind=kind,
            ends_at=min(now + life, grant.ends_at),
        )
    )


def make_secret(prefix: str = "") -> str:
    """A new random code or token."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def user_of_grant(store: Store, grant: AssistantGrant, now: datetime) -> User | None:
    """The user of a living grant; None if the grant or the user's access has ended."""
    with store.reading() as session:
        current = session.get(AssistantGrant, grant.id)
        return _user_of(session, current, now) if current is not None else None


def holder_of_access_token(
    session: Session, token: str, resource: str, now: datetime
) -> tuple[AssistantGrant, User] | None:
    """The grant and the user of an access token for `resource`; None if the token is unknown or over, is for another resource,
    or if the grant, or the user's access, has ended."""
    row = session.get(AssistantToken, hash_of(token)) if token.startswith(ACCESS_PREFIX) else None
    if row is None or row.kind != "access" or now >= row.ends_at:
        return None
    grant = session.get(AssistantGrant, row.grant_id)
    if grant is None or grant.resource != resource:
        return None
    user = _user_of(session, grant, now)
    return (grant, user) if user is not None else None


def note_use(store: Store, grant: AssistantGrant, now: datetime) -> None:
    """Store that a grant was used, at most once an hour."""
    if grant.used_at is None or now - grant.used_at >= LAST_USE_PRECISION:
        with store.writing() as session:
            session.execute(update(AssistantGrant).where(col(AssistantGrant.id) == grant.id).values(used_at=now))


def revoke_token(store: Store, token: str, client_id: str, now: datetime) -> None:
    """End the grant of a token, access or refresh, if it belongs to this program. Source: RFC 7009."""
    with store.writing() as session:
        row = session.get(AssistantToken, hash_of(token))
        grant = session.get(AssistantGrant, row.grant_id) if row is not None else None
        if (
            grant is not None
            and grant.client_id == client_id
            and end_grants(session, now, AssistantGrant.id == grant.id)
        ):
            _note(session, now, grant.user_id, "assistants.end", grant, "by the assistant")


def disconnect(session: Session, grant: AssistantGrant, now: datetime, *, actor: User | str) -> None:
    """End one grant, with its audit entry."""
    if end_grants(session, now, AssistantGrant.id == grant.id):
        _note(session, now, actor if isinstance(actor, str) else actor.id, "assistants.end", grant)


def end_grants(session: Session, now: datetime, *which: Any) -> int:
    """End the living grants that meet some conditions; their tokens open nothing from now on. Returns how many."""
    return count_changed(session, update(AssistantGrant).where(*which, *_living(now)).values(revoked_at=now))


def is_off(session: Session, account_id: str) -> bool:
    """Whether an owner has turned assistants off."""
    account = session.get(Account, account_id)
    return account is None or account.assistants_off_at is not None


def switch(session: Session, account_id: str, now: datetime, *, actor: User, on: bool) -> int:
    """Turn assistants by OAuth on, or off: then every connection of the account ends. Returns how many ended."""
    account = session.get_one(Account, account_id)
    account.assistants_off_at = None if on else now
    session.add(account)
    audit.note(session, now, actor.id, "assistants.switch", account_id, "on" if on else "off")
    return 0 if on else end_grants(session, now, AssistantGrant.account_id == account_id)


def delete_over(session: Session, now: datetime) -> int:
    """Delete grants and tokens that are over; the audit log keeps who allowed what. Returns how many rows."""
    over = or_(
        col(AssistantGrant.ends_at) <= now,
        col(AssistantGrant.revoked_at) <= now - REFRESH_LIFETIME,
        (col(AssistantGrant.code_used_at).is_(None)) & (col(AssistantGrant.code_ends_at) <= now - CODE_LIFETIME),
    )
    ended = select(AssistantGrant.id).where(over)
    tokens = (col(AssistantToken.grant_id).in_(ended), col(AssistantToken.ends_at) <= now)
    deleted = count_changed(session, delete(AssistantToken).where(or_(*tokens)))
    return deleted + count_changed(session, delete(AssistantGrant).where(over))


def _living(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(AssistantGrant.revoked_at).is_(None), col(AssistantGrant.ends_at) > now


def _user_of(session: Session, grant: AssistantGrant, now: datetime) -> User | None:
    if grant.revoked_at is not None or now >= grant.ends_at or is_off(session, grant.account_id):
        return None
    user = session.get(User, grant.user_id)
    return user if user is not None and user.disabled_at is None else None


def _end_copied(session: Session, grant: AssistantGrant, now: datetime, what: str) -> None:
    if end_grants(session, now, AssistantGrant.id == grant.id):
        _note(session, now, grant.user_id, "assistants.copied", grant, what)


def _note(session: Session, now: datetime, actor: str, action: str, grant: AssistantGrant, detail: str = "") -> None:
    """An audit entry about the user of a grant."""
    audit.note(session, now, actor, action, grant.user_id, f"{grant.id} {detail}".strip())
