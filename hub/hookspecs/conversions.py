"""Hooks for conversions: upload them to an ad network, and ask for their status later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.conversions import Conversion, PendingReceipt, Receipt
from hub.hookspecs.markers import hookspec


class ConversionHooks(Protocol):
    """Conversions: ad networks."""

    @hookspec(
        network=True, deadline=50, scheduled=True, use="marketing.advertising.third_party.targeted", main_of="ads"
    )
    def upload_conversions(self, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[Receipt]:
        """Upload a batch, at most `manifest.limits.batch_size`; return exactly one receipt per item, in any order.

        Called by the connector's scheduled sync. With `dry_run` nothing may count: use the provider's validate-only mode.
        One bad item must not prevent the receipts of the others. An exception applies to the whole batch. Items may come
        again after a crash, with the same key: use it as the provider's transaction id.
        """

    @hookspec(network=False, deadline=1, scheduled=False)
    def check_conversion(self, conversion: Conversion) -> Receipt | None:
        """Whether the provider would refuse this conversion, as far as that is known without asking: a `rejected` receipt
        with the provider's code and a reason, or None.

        Called by the dry run of the conversion rules, which sends nothing. Apply the same checks as before an upload.
        """

    @hookspec(network=True, deadline=60, scheduled=True)
    def poll_receipts(self, pending: Sequence[PendingReceipt]) -> Sequence[Receipt]:
        """Late diagnostics of items that were `accepted`; return `accepted` again if the result is not known yet.

        Called by a sync after an item's `retry_after` (on its `accepted` receipt; one minute if absent) has passed, then
        with backoff up to an hour, for seven days.
        """
