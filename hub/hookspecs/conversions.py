"""Hooks for conversions: upload them to an ad network, and ask later what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.conversions import Conversion, PendingReceipt, Receipt
from hub.hookspecs.markers import hookspec


class ConversionHooks(Protocol):
    """Conversions: ad networks."""

    @hookspec(network=True, deadline=50, scheduled=True)
    def upload_conversions(self, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[Receipt]:
        """Upload a batch, at most `manifest.limits.batch_size`; exactly one receipt an item, in any order.

        Called by the connector's scheduled sync. With `dry_run` nothing counts: use the provider's validate-only.
        Partial failure is data: one bad item never costs the others their receipt. An exception speaks for the whole
        batch. Items may come again after a crash, with the same key: use it as the provider's transaction id.
        """

    @hookspec(network=True, deadline=60, scheduled=True)
    def poll_receipts(self, pending: Sequence[PendingReceipt]) -> Sequence[Receipt]:
        """Late diagnostics of items that were `accepted`; `accepted` again where there is nothing to tell yet.

        Called by a sync once an item's `retry_after` (on its `accepted` receipt, a minute where absent) has passed, then
        with backoff up to an hour, for seven days.
        """
