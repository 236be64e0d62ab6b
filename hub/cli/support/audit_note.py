"""Deeds of a person at the command line are noted in the audit trail, by reference only."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlmodel import Session


def note(session: Session, at: datetime, action: str, subject: str, detail: str = "") -> None:
    """Add an audit entry within `session`. Nothing personal may stand in `subject` or `detail`."""
    from hub.store import audit

    audit.note(session, at, actor(), action, subject, detail)


def actor() -> str:
    """The account at this machine that runs the command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
