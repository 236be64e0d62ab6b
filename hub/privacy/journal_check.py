"""Check the whole journal, sign its ends if it is intact, and record for an account who checked it and what was found."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from hub.errors import CannotDo
from hub.model import HUB_CHAIN
from hub.runtime import Hub
from hub.store import audit
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.journal import sign_ends
from hub.store.journal.verify import Noted, Report, verify

CHECKED = "journal.verify"
"""The action of the audit entry."""
_checking = Lock()


def check_journal(store: Store, keyring: Keyring, now: datetime, noted: Noted | None = None) -> dict[str, Report]:
    """Chain → its report. If all chains are intact, every end is signed again."""
    reports = verify(store, keyring, now, noted or {})
    if keyring and all(report.sound for report in reports.values()):
        sign_ends(store, keyring, now)
    return reports


def check_for(hub: Hub, account_id: str, actor: str) -> Report:
    """Check the journal for one account. A fault in the hub's own chain concerns every account: it holds the proof of
    chains that have ended. CannotDo while another check runs in this process.
    """
    if not _checking.acquire(blocking=False):
        raise CannotDo("The journal is being checked at this moment; try again in a minute.")
    try:
        reports = check_journal(hub.store, hub.keyring, hub.clock())
    finally:
        _checking.release()
    found = reports[account_id]
    if found.sound and not reports[HUB_CHAIN].sound:
        found = reports[HUB_CHAIN]
    said = f"sound: {found.rows} records" if found.finding is None else f"{found.finding.kind}: {found.finding.reason}"
    with hub.store.writing() as session:
        audit.note(session, hub.clock(), actor, CHECKED, account_id, said)
    return found
