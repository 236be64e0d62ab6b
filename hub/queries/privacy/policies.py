"""Policy versions that concern one account: all of them, one in full, and where the account stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from hub.errors import existing
from hub.model import Account, PolicyAcceptance, PolicyNotice, PolicyText, PolicyVersion
from hub.model.states import PolicyState
from hub.privacy.policies.document import DOCUMENT_KINDS, PolicyChange
from hub.privacy.policies.standing import Statement, Wait, current_statement, waits
from hub.privacy.policies.versions import texts_of


@dataclass(frozen=True)
class VersionShown:
    """One version as one account sees it."""

    version: PolicyVersion
    languages: tuple[str, ...]
    introduces: tuple[str, ...]
    notice: PolicyNotice | None
    """When it was announced to the account."""
    acceptance: PolicyAcceptance | None

    @property
    def is_own(self) -> bool:
        """Whether it is the account's own document, not that of all accounts."""
        return self.version.account_id is not None

    def waits_for(self, now: datetime) -> str | None:
        """What comes next: announce, publish or accept; None if nothing does."""
        version = self.version
        if version.state == PolicyState.DRAFT:
            return "announce" if version.material else "publish"
        if version.material and (self.acceptance is None or self.acceptance.expires_at <= now):
            return "accept"
        if version.state == PolicyState.ANNOUNCED:
            return "publish"
        return None


@dataclass(frozen=True)
class Standing:
    """Which texts apply to an account now, and what is refused until it accepts."""

    applies: Sequence[Statement]
    refused: Sequence[Wait]


def policies_of(session: Session, account_id: str) -> list[VersionShown]:
    """The versions that concern an account, newest first. `session` must not be the account's own: it does not see the
    documents of all accounts.
    """
    newest = select(PolicyVersion).where(_concerns(account_id)).order_by(col(PolicyVersion.id).desc())
    return _shown(session, session.exec(newest).all(), account_id)


def one_policy(session: Session, account_id: str, version_id: str) -> tuple[VersionShown, list[PolicyText]]:
    """One version with its texts; NotFound if it does not concern the account."""
    found = select(PolicyVersion).where(PolicyVersion.id == version_id, _concerns(account_id))
    version = existing(session.exec(found).first())
    return _shown(session, [version], account_id)[0], texts_of(session, version)


def standing_of(session: Session, account_id: str, now: datetime) -> Standing:
    """Where an account stands."""
    account = session.get_one(Account, account_id)
    current = [current_statement(session, account, now, kind=kind) for kind in DOCUMENT_KINDS]
    return Standing([each for each in current if each], waits(session, [account_id], now).get(account_id, ()))


def is_only_account(session: Session) -> bool:
    """Whether the hub serves one account, so that documents of all accounts are its own."""
    return bool(session.execute(select(func.count()).select_from(Account)).scalar_one() == 1)


def _concerns(account_id: str):  # type: ignore[no-untyped-def]
    return or_(col(PolicyVersion.account_id).is_(None), col(PolicyVersion.account_id) == account_id)


def _shown(session: Session, rows: Sequence[PolicyVersion], account_id: str) -> list[VersionShown]:
    ids = [row.id for row in rows]
    languages: dict[str, list[str]] = {}
    texts = select(PolicyText.version_id, PolicyText.language).where(col(PolicyText.version_id).in_(ids))
    for version_id, language in session.execute(texts.order_by(col(PolicyText.language))):
        languages.setdefault(version_id, []).append(language)
    reported = select(PolicyNotice).where(col(PolicyNotice.version_id).in_(ids), PolicyNotice.account_id == account_id)
    said = select(PolicyAcceptance).where(
        col(PolicyAcceptance.version_id).in_(ids), PolicyAcceptance.account_id == account_id
    )
    notices = {each.version_id: each for each in session.exec(reported)}
    accepted = {each.version_id: each for each in session.exec(said)}
    return [
        VersionShown(
            row,
            tuple(languages.get(row.id, ())),
            tuple(str(PolicyChange(**each)) for each in row.introduces),
            notices.get(row.id),
            accepted.get(row.id),
        )
        for row in rows
    ]
