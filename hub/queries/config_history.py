"""The versions of config.yaml with who applied them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from hub.model import ConfigProcess, ConfigVersion, User
from hub.reload.versions import history, living, newest, newest_number


@dataclass(frozen=True)
class ConfigHistory:
    """The newest versions, applied and refused, newest first; the one that runs; users' ids and names."""

    rows: list[ConfigVersion]
    running: ConfigVersion | None
    names: dict[str, str]

    def by(self, row: ConfigVersion) -> str:
        """Who applied a version, in words."""
        if row.user_id is None:
            return "the file" if row.how == "file" else "a start"
        return self.names.get(row.user_id, row.user_id)


def config_history(session: Session, limit: int = 30) -> ConfigHistory:
    """Run it in a session of the hub; pages show it only in a hub with one account."""
    rows, running = history(session, limit), newest(session)
    ids = {row.user_id for row in [*rows, *([running] if running else [])] if row.user_id}
    names = dict(session.exec(select(User.id, User.name).where(col(User.id).in_(ids))).all())
    return ConfigHistory(rows, running, names)


def processes_behind(session: Session, now: datetime) -> list[ConfigProcess]:
    """The processes that run, and have not taken the newest version."""
    number = newest_number(session) or 0
    return [each for each in living(session, now) if (each.version or 0) < number]
