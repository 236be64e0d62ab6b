"""A hub with one owner, and what tests of sign-in do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session, select
from testbed import KEY, TestHub

from hub.access.users import add_user
from hub.model import Account, AuditEntry, User
from hub.store.encryption.keyring import Keyring
from hub.testing import FrozenClock

Factory = Callable[..., TestHub]
STRONG, OTHER = "walnut-ferry-umbrella-41", "copper lantern 9 meadow"


@dataclass
class Staff:
    """A hub with one owner, maria."""

    stage: TestHub
    maria: User
    keyring: Keyring

    @property
    def clock(self) -> FrozenClock:
        return self.stage.clock

    def writing(self) -> Session:
        return self.stage.hub.store.writing()  # type: ignore[return-value]

    def reading(self) -> Session:
        return self.stage.hub.store.reading()  # type: ignore[return-value]

    def add(self, name: str, role: str = "admin", email: str | None = None) -> User:
        with self.writing() as session:
            agency = session.exec(select(Account)).one()
            return add_user(session, agency, name, role, self.clock(), email=email)

    def noted(self) -> list[str]:
        return [each.action for each in self.stage.rows(AuditEntry)]


def make_staff(stage: TestHub) -> Staff:
    with stage.hub.store.writing() as session:
        agency = session.exec(select(Account)).one()
        maria = add_user(session, agency, "maria", "owner", stage.clock(), email="maria@example.com")
    return Staff(stage, maria, Keyring([KEY]))
