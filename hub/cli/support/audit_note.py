"""Writes what a person does at the command line to the audit trail, by reference only."""

from __future__ import annotations

import getpass
from datetime import datetime

from sqlmodel import Session

from hub.store import audit


def note(session: Session, at: datetime, action: str, subject: str, detail: str = "") -> None:
    """Add an audit entry within `session`. `subject` and `detail` must not hold personal data."""
    audit.note(session, at, actor(), action, subject, detail)


def actor() -> str:
    """The operating system account that runs the command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
