"""The table of versions of config.yaml: the newest applied one, and how a new one or a refused one is written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from hub.config.error_messages import IN_CLEAR
from hub.config.models import Config
from hub.errors import Problem
from hub.model import HUB_CHAIN, ConfigProcess, ConfigVersion, User
from hub.model.columns import CALL_RETENTION
from hub.model.states import ConfigHow, ConfigState
from hub.numbers.accounts import write_accounts
from hub.store import audit
from hub.store.locks import TransactionLock, lock_transaction

MAX_NOTE = 500
MAX_KEPT_CHARACTERS = 50_000_000
"""How much text the versions may hold together: of large files fewer versions can be compared and applied again."""
SEEN_WITHIN = timedelta(seconds=20)
"""A process that has not been seen for longer is not running; each writes its row every 5 seconds."""


def sha256_of(text: str) -> str:
    """The hash by which a text of config.yaml is known."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def newest(session: Session) -> ConfigVersion | None:
    """The version that all processes run, or are about to run; None before the first one."""
    query = select(ConfigVersion).where(col(ConfigVersion.number).is_not(None))
    return session.exec(query.order_by(col(ConfigVersion.number).desc()).limit(1)).first()


def newest_number(session: Session) -> int | None:
    """As `newest`, only its number."""
    return session.exec(select(func.max(ConfigVersion.number))).one()


def version(session: Session, number: int) -> ConfigVersion | None:
    """An applied version by its number."""
    return session.exec(select(ConfigVersion).where(ConfigVersion.number == number)).first()


def was_applied(session: Session, sha256: str) -> bool:
    """Whether a text was ever applied."""
    query = select(ConfigVersion.id).where(ConfigVersion.sha256 == sha256, col(ConfigVersion.number).is_not(None))
    return session.exec(query.limit(1)).first() is not None


def history(session: Session, limit: int = 50) -> list[ConfigVersion]:
    """The newest versions, applied and refused, newest first."""
    return list(session.exec(select(ConfigVersion).order_by(col(ConfigVersion.id).desc()).limit(limit)))


def lock_versions(session: Session) -> None:
    """Wait until no other process writes a version; on SQLite the write session itself is this lock."""
    lock_transaction(session, TransactionLock.ACCOUNTS)


def write_applied(
    session: Session, text: str, config: Config, now: datetime, how: ConfigHow, actor: User | str | None, note: str
) -> ConfigVersion:
    """Write the next version, the accounts that it names and the audit entry; call `lock_versions` first."""
    number = (newest_number(session) or 0) + 1
    session.execute(
        update(ConfigVersion).where(col(ConfigVersion.expires_at).is_(None)).values(expires_at=now + CALL_RETENTION)
    )
    row = ConfigVersion(
        number=number,
        sha256=sha256_of(text),
        text=text,
        at=now,
        user_id=actor.id if isinstance(actor, User) else actor,
        how=how,
        note=note[:MAX_NOTE],
        state=ConfigState.APPLIED,
    )
    session.add(row)
    end_texts(session)
    who, subject = _reported(actor, how)
    write_accounts(session, config, now, who)
    audit.note(session, now, who, "config.apply", subject, f"version {number}: {note}"[:MAX_NOTE])
    return row


def write_refused(
    session: Session, text: str, problems: Sequence[Problem], now: datetime, how: ConfigHow, actor: str | None = None
) -> ConfigVersion | None:
    """Note that a text was refused, with its problems; None if the same text was the last one noted. A text with a secret
    in clear is not kept."""
    lock_versions(session)
    last = session.exec(select(ConfigVersion).order_by(col(ConfigVersion.id).desc()).limit(1)).first()
    sha256 = sha256_of(text)
    if last is not None and last.state == ConfigState.REFUSED and last.sha256 == sha256:
        return None
    row = ConfigVersion(
        sha256=sha256,
        text=None if any(IN_CLEAR in each.text for each in problems) else text,
        at=now,
        user_id=actor,
        how=how,
        note=f"{len(problems)} problems" if len(problems) > 1 else "1 problem",
        state=ConfigState.REFUSED,
        refusal={"problems": [[each.line, each.path, each.text] for each in problems]},
        expires_at=now + CALL_RETENTION,
    )
    session.add(row)
    end_texts(session)
    return row


def end_texts(session: Session, most: int = MAX_KEPT_CHARACTERS) -> None:
    """Delete the texts of the oldest versions beyond `most` characters; never that of the one that runs."""
    session.flush()
    running, kept, ended = newest_number(session), 0, []
    texts = select(ConfigVersion.id, ConfigVersion.number, func.length(ConfigVersion.text))
    for row_id, number, length in session.exec(
        texts.where(col(ConfigVersion.text).is_not(None)).order_by(col(ConfigVersion.id).desc())
    ):
        kept += length
        if kept > most and (number is None or number != running):
            ended.append(row_id)
    if ended:
        session.execute(update(ConfigVersion).where(col(ConfigVersion.id).in_(ended)).values(text=None))


def living(session: Session, now: datetime) -> list[ConfigProcess]:
    """The processes that run now, each with its version."""
    query = select(ConfigProcess).where(ConfigProcess.seen_at > now - SEEN_WITHIN)
    return list(session.exec(query.order_by(col(ConfigProcess.started_at))))


def problems_of(row: ConfigVersion) -> tuple[Problem, ...]:
    """Why a version was refused."""
    return tuple(Problem(text, line, path) for line, path, text in row.refusal.get("problems", ()))


def _reported(actor: User | str | None, how: ConfigHow) -> tuple[str, str]:
    """The actor and the subject of the audit entry; a user's entry is in their account's journal."""
    if isinstance(actor, User):
        return actor.id, actor.account_id
    return actor or str(how), HUB_CHAIN
