"""Hooks for advertising: upload conversions and ask for their status, report what ads cost, list the marks of links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.conversions import Conversion, PendingReceipt, Receipt
from hub.contracts.costs import Cost, Days
from hub.contracts.sources import KnownSource
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


class CostHooks(Protocol):
    """Costs: ad networks that report what campaigns cost."""

    @hookspec(network=True, deadline=60, scheduled=True)
    def pull_costs(self, days: Days) -> Sequence[Cost]:
        """Everything that the account's ads cost on these days, at most 30; no row for what cost nothing.

        Called on the connector's schedule, at most every three hours: for the last days, once a day for the last 30 because
        networks correct their figures, and the first time for the last 90. The rows replace all earlier rows of these days,
        so return all or raise; never a part. Raise `NotSupported` if the account's access does not include reports: the hub
        shows the sentence once and asks again after a day, and nothing else of the connector stops.
        """


class SourceHooks(Protocol):
    """Sources: every plugin whose provider marks the links that it sends people through."""

    @hookspec(network=False, deadline=1, scheduled=False)
    def list_sources(self) -> Sequence[KnownSource]:
        """Values in a visit's address that show its source, such as the `utm_source` of the provider's emails.

        Called once at start, for the companies that the connector serves, and by `hub sources list` and `test`; a visitor
        never waits for it. A company's own rules are asked first, then these, in the order of config.yaml, then the
        built-in tables; the trace names the connector. Return values in their normal form, without duplicates, from the
        plugin's own files and settings: no network. An invalid value is left out and logged; an error leaves out all.
        """
