"""Hide a repair from one user."""

from __future__ import annotations

from hub.model import IgnoredRepair, User
from hub.runtime import Hub
from hub.store import audit
from hub.store.rows import write_rows


def ignore_repair(hub: Hub, user: User, key: str) -> None:
    """The user does not want to see the repair with this key again."""
    now = hub.clock()
    row = IgnoredRepair(user_id=user.id, key=key, account_id=user.account_id, ignored_at=now)
    with hub.store.writing() as session:
        write_rows(session, IgnoredRepair, [row])
        audit.note(session, now, user.id, "repairs.ignore", key)
