"""The users of an account, their API keys, and the assistants that they connected by OAuth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.access.companies import companies_by_user
from hub.access.sign_in.credentials import WaysIn
from hub.errors import NotFound
from hub.model import ApiKey, AssistantGrant, OidcIdentity, Passkey, SignInLink, User, UserSecret, WebSession

MAX_USERS = 500
MAX_KEYS = 500
MAX_ASSISTANTS = 200


@dataclass(frozen=True, kw_only=True)
class UserSummary:
    """One user: what they may see, how they sign in, and when they last did."""

    user: User
    companies: Sequence[str]
    """The names of the companies that the user is limited to; empty for all."""
    ways: WaysIn
    sessions: int
    """Living sessions in the web interface."""
    last_sign_in: datetime | None
    link: SignInLink | None
    """The unused link with which the user may choose how to sign in."""
    keys: int
    """API keys that work."""

    @property
    def is_invited(self) -> bool:
        """Whether the user has not chosen yet how to sign in."""
        return self.is_active and not self.ways.count

    @property
    def is_active(self) -> bool:
        """Whether the user has access."""
        return self.user.disabled_at is None


@dataclass(frozen=True, kw_only=True)
class KeySummary:
    """One API key, by its visible prefix."""

    key: ApiKey
    user: User
    companies: Sequence[str]

    @property
    def prefix(self) -> str:
        """The part of the key that everybody may see."""
        return f"ctk_{self.key.id}_…"

    def state(self, now: datetime) -> str:
        """`works`, `revoked` or `over`."""
        if self.key.revoked_at is not None:
            return "revoked"
        return "works" if now < self.key.ends_at and self.user.disabled_at is None else "over"


@dataclass(frozen=True)
class ConnectedAssistant:
    """One connection, which works or has ended."""

    grant: AssistantGrant
    user: User

    @property
    def host(self) -> str:
        """Where its answers go: the only name of a program that it cannot choose freely."""
        return urlsplit(self.grant.redirect_uri).netloc

    def works(self, now: datetime) -> bool:
        """Whether it opens anything."""
        row = self.grant
        return row.revoked_at is None and now < row.ends_at and self.user.disabled_at is None


def users_of(session: Session, account_id: str, now: datetime, idle: timedelta) -> list[UserSummary]:
    """The users of an account by name, those without access last. `idle` ends a session that is not used."""
    users = session.exec(
        select(User)
        .where(User.account_id == account_id)
        .order_by(col(User.disabled_at).is_not(None), col(User.name))
        .limit(MAX_USERS)
    ).all()
    limits = companies_by_user(session)
    ways = [_counts(session, table, account_id) for table in (Passkey, UserSecret, OidcIdentity)]
    living = (
        col(WebSession.revoked_at).is_(None),
        col(WebSession.ends_at) > now,
        col(WebSession.used_at) > now - idle,
    )
    sessions = _counts(session, WebSession, account_id, *living)
    keys = _counts(session, ApiKey, account_id, col(ApiKey.revoked_at).is_(None), col(ApiKey.ends_at) > now)
    last = _latest(session, WebSession, WebSession.made_at, account_id)
    unused = (col(SignInLink.used_at).is_(None), col(SignInLink.ends_at) > now)
    rows = session.exec(select(SignInLink).where(SignInLink.account_id == account_id, *unused))
    links = {row.user_id: row for row in rows}
    return [
        UserSummary(
            user=user,
            companies=limits.get(user.id, ()),
            ways=WaysIn(ways[0].get(user.id, 0), bool(ways[1].get(user.id)), ways[2].get(user.id, 0)),
            sessions=sessions.get(user.id, 0),
            last_sign_in=last.get(user.id),
            link=links.get(user.id),
            keys=keys.get(user.id, 0),
        )
        for user in users
    ]


def keys_of(session: Session, account_id: str) -> list[KeySummary]:
    """The API keys of an account, the newest first."""
    limits = companies_by_user(session)
    found = session.exec(
        select(ApiKey, User)
        .join(User, col(User.id) == ApiKey.user_id)
        .where(ApiKey.account_id == account_id)
        .order_by(col(ApiKey.revoked_at).is_not(None), col(ApiKey.made_at).desc())
        .limit(MAX_KEYS)
    )
    return [KeySummary(key=key, user=user, companies=limits.get(user.id, ())) for key, user in found]


def user_in(session: Session, account_id: str, user_id: str) -> User:
    """A user of the account; NotFound if there is none with this id."""
    user = session.get(User, user_id)
    if user is None or user.account_id != account_id:
        raise NotFound("Not found")
    return user


def key_in(session: Session, account_id: str, key_id: str) -> ApiKey:
    """An API key of the account; NotFound if there is none with this id."""
    key = session.get(ApiKey, key_id)
    if key is None or key.account_id != account_id:
        raise NotFound("Not found")
    return key


def assistants_of(session: Session, account_id: str, user_id: str | None = None) -> list[ConnectedAssistant]:
    """The connections of an account, or of one of its users, that were completed; those that have not ended first."""
    query = select(AssistantGrant, User).join(User, col(User.id) == AssistantGrant.user_id)
    query = query.where(AssistantGrant.account_id == account_id, col(AssistantGrant.code_used_at).is_not(None))
    if user_id is not None:
        query = query.where(AssistantGrant.user_id == user_id)
    order = (col(AssistantGrant.revoked_at).is_not(None), col(AssistantGrant.made_at).desc())
    return [ConnectedAssistant(*each) for each in session.exec(query.order_by(*order).limit(MAX_ASSISTANTS))]


def assistant_in(session: Session, account_id: str, grant_id: str, user_id: str | None = None) -> AssistantGrant:
    """A connection of the account, or of one of its users; NotFound if there is none with this id."""
    grant = session.get(AssistantGrant, grant_id)
    if grant is None or grant.account_id != account_id or user_id not in (None, grant.user_id):
        raise NotFound("Not found")
    return grant


def _counts(session: Session, table: Any, account_id: str, *conditions: Any) -> Mapping[str, int]:
    query = select(table.user_id, func.count()).where(table.account_id == account_id, *conditions)
    return dict(session.execute(query.group_by(table.user_id)).all())


def _latest(session: Session, table: Any, column: Any, account_id: str, *conditions: Any) -> Mapping[str, datetime]:
    latest = func.max(column, type_=column.type)
    query = select(table.user_id, latest).where(table.account_id == account_id, *conditions)
    return dict(session.execute(query.group_by(table.user_id)).all())
