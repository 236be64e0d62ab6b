"""Hooks for CRMs: log finished calls, and pull the deals that resulted from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.conversions import CallActivity, Receipt
from hub.contracts.outcomes import OutcomePage
from hub.hookspecs.markers import hookspec


class CrmHooks(Protocol):
    """Calls and deals: CRMs."""

    @hookspec(network=True, deadline=50, scheduled=True, use="sales", main_of="crm")
    def log_calls(self, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        """Write finished calls into the CRM, each on the contact that has the caller's number, if any; one receipt per call.

        Called by the scheduled sync. The same key must never make two records: look for it before writing.
        """

    @hookspec(network=True, deadline=60, scheduled=True)
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        """Deals that changed since `cursor` (None: from the beginning), oldest change first, with the next cursor.

        Called by the scheduled sync until `more` is false. The cursor is stored with the outcomes in one transaction, so
        a page may come twice but is never lost. For the same cursor, return the same deals or newer ones.
        """
