"""A privacy officer at work: policy versions are drafted, announced, published and accepted at a stage's own time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from sqlmodel import Session
from testbed import TestHub

from hub.model import PolicyAcceptance, PolicyNotice, PolicyVersion
from hub.privacy.policies.document import PolicyDocument
from hub.privacy.policies.standing import current_statement
from hub.privacy.policies.versions import accept, account_named, announce, draft, publish

Made = TypeVar("Made")
ADS = "marketing.advertising.third_party.targeted"
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)


def written(version: str, text: str = "We keep calls for 25 months.\n", **more: object) -> PolicyDocument:
    return PolicyDocument(version=version, text=text, **more)  # type: ignore[arg-type]


class PolicyOfficer:
    """A privacy officer who works at a stage."""

    def __init__(self, stage: TestHub, now: datetime = MONDAY) -> None:
        self.stage = stage
        stage.clock.now = now

    def draft(self, version: str, **more: object) -> PolicyVersion:
        return self.write(lambda session: draft(session, written(version, **more), self.stage.clock()))

    def announce(self, version: PolicyVersion, on: date | None = None) -> list[PolicyNotice]:
        return self.write(lambda session: announce(session, self.again(session, version), self.stage.clock(), on))

    def publish(self, version: PolicyVersion, note: str = "") -> None:
        self.write(lambda session: publish(session, self.again(session, version), self.stage.clock(), note))

    def accept(self, version: PolicyVersion, account: str = "agency", **more: str) -> PolicyAcceptance:
        return self.write(
            lambda session: accept(
                session, self.again(session, version), account_named(session, account), "Pat Doe", self.stage.clock(),
                **more,
            )
        )  # fmt: skip

    def in_force(self, version: str, **more: object) -> PolicyVersion:
        """A version that was announced, is due and is published, but accepted by nobody."""
        made = self.draft(version, **more)
        self.announce(made)
        self.stage.clock.now = self.stage.one(PolicyVersion, id=made.id).effective_at
        self.publish(made)
        return made

    def statement(self, account: str = "agency", language: str = "en") -> str | None:
        with self.stage.hub.store.reading() as session:
            found = current_statement(session, account_named(session, account), self.stage.clock(), language)
        return found and f"{found.version} {found.language}"

    def write(self, work: Callable[[Session], Made]) -> Made:
        with self.stage.hub.store.writing() as session:
            return work(session)

    def again(self, session: Session, version: PolicyVersion) -> PolicyVersion:
        return session.get_one(PolicyVersion, version.id)
