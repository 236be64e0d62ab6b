"""Draft, announce, publish and accept policy versions, each with its audit entry."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from hub.model import Account, PolicyAcceptance, PolicyNotice, PolicyText, PolicyVersion
from hub.privacy.policies import versions
from hub.privacy.policies.document import PolicyDocument, PolicyRefused
from hub.store import audit

MAX_NAME_CHARACTERS = 100


def draft_version(
    session: Session, document: PolicyDocument, actor: str, now: datetime
) -> tuple[PolicyVersion, PolicyText]:
    """Store one language of a draft. Returns the version and that text."""
    version = versions.draft(session, document, now)
    (text,) = [each for each in versions.texts_of(session, version) if each.language == document.language]
    detail = f"{version.kind} {version.name} {text.language} {text.sha256}"
    audit.note(session, now, actor, "policy.draft", version.id, detail)
    return version, text


def announce_version(
    session: Session, version: PolicyVersion, actor: str, now: datetime, effective_on: date | None
) -> list[PolicyNotice]:
    """Announce a material change to every account that it concerns."""
    notices = versions.announce(session, version, now, effective_on)
    detail = f"{version.kind} {version.name} for {version.effective_at}"
    audit.note(session, now, actor, "policy.announce", version.id, detail)
    return notices


def publish_version(session: Session, version: PolicyVersion, actor: str, now: datetime, note: str) -> None:
    """Put a version in force."""
    versions.publish(session, version, now, note)
    audit.note(session, now, actor, "policy.publish", version.id, f"{version.kind} {version.name}")


def accept_version(
    session: Session,
    version: PolicyVersion,
    account: Account,
    by: str,
    actor: str,
    now: datetime,
    language: str | None = None,
) -> PolicyAcceptance:
    """Record that `by` accepted a version for an account."""
    who = by.strip()
    if not 0 < len(who) <= MAX_NAME_CHARACTERS:
        raise PolicyRefused(f"Give the name of the person who accepted, at most {MAX_NAME_CHARACTERS} characters.")
    yes = versions.accept(session, version, account, who, now, language)
    session.flush()
    audit.note(
        session, now, actor, "policy.accept", yes.id, f"{version.kind} {version.name} {yes.language} {yes.sha256}"
    )
    return yes
