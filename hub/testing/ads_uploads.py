"""Uploads as the hub makes them: the samples, the receipts and the later polls of an ad network's suite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.conversions import Conversion, PendingReceipt, Receipt
from hub.contracts.costs import Days
from hub.contracts.disclosure import disclose
from hub.contracts.sandbox import AdsSandbox, Sandbox
from hub.hookspecs import ConversionHooks
from hub.testing import samples
from hub.testing.asking import WireCall, ask, check_one_receipt_each, implemented_hooks
from hub.testing.factories import FrozenClock
from hub.testing.wire import WireConformance

ARRIVED = ("delivered", "duplicate")
TAKEN = (*ARRIVED, "accepted")


class AdsUploads(WireConformance):
    """What all promises of ad networks need."""

    def wire_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        batch = [self._sample(connector, sandbox) for _ in range(2)]
        yield WireCall("upload_conversions", {"conversions": batch, "dry_run": False})
        if "poll_receipts" in implemented_hooks(connector):
            patient = self.connected(sandbox, connector.services.clock)
            receipts = self._upload(patient, batch)
            pending = pending_of(batch, receipts.values(), connector.services.clock())
            if pending:
                yield WireCall("poll_receipts", {"pending": pending})
        if "pull_costs" in implemented_hooks(connector):
            yield WireCall("pull_costs", {"days": last_days(connector)})

    def _sample(self, connector: Connector, sandbox: Sandbox, **changes: Any) -> Conversion:
        return self._disclosed(connector, self._whole(connector, sandbox, **changes))

    @staticmethod
    def _whole(connector: Connector, sandbox: Sandbox, **changes: Any) -> Conversion:
        """A sample as the hub has it, with a click id and every cookie that the manifest names."""
        flow = connector.manifest.flow("upload_conversions")
        names = {share.field: share.keys for share in flow.shares} if flow else {}
        own = [*names.get("click_ids", ()), *(each.parameter for each in connector.manifest.click_ids)]
        clicks = samples.CLICK_IDS if not own or set(own) & set(samples.CLICK_IDS) else (*samples.CLICK_IDS, own[0])
        destination = changes.pop("destination", None) or network(sandbox).destination()
        return samples.conversion(connector.services.clock(), destination, clicks, names.get("cookies", ()), **changes)

    @staticmethod
    def _disclosed(connector: Connector, whole: Conversion) -> Conversion:
        return disclose(whole, connector.manifest, "upload_conversions").value

    def _upload(
        self, connector: Connector, batch: Sequence[Conversion], dry_run: bool = False
    ) -> Mapping[str, Receipt]:
        receipts = ask(connector, ConversionHooks.upload_conversions, conversions=batch, dry_run=dry_run)
        check_one_receipt_each(receipts, batch)
        return {receipt.key: receipt for receipt in receipts}

    def _settle(
        self, connector: Connector, batch: Sequence[Conversion], receipts: Mapping[str, Receipt], clock: FrozenClock
    ) -> dict[str, Receipt]:
        """The receipts after the provider's late diagnostics, polled as the hub does."""
        settled = dict(receipts)
        if "poll_receipts" not in implemented_hooks(connector):
            return settled
        accepted_at = clock()
        for minutes in (1, 5, 30, 120, 600):
            waiting = [receipt for receipt in settled.values() if receipt.status == "accepted"]
            if not waiting:
                break
            clock.advance(minutes=minutes)
            pending = pending_of(batch, waiting, accepted_at)
            polled = ask(connector, ConversionHooks.poll_receipts, pending=pending)
            check_one_receipt_each(polled, pending)
            settled |= {receipt.key: receipt for receipt in polled}
        return settled


def pending_of(batch: Sequence[Conversion], receipts: Iterable[Receipt], accepted_at: datetime) -> list[PendingReceipt]:
    """The items that were accepted, for a later poll."""
    destinations = {item.key: item.destination for item in batch}
    waiting = [receipt for receipt in receipts if receipt.status == "accepted"]
    assert all(receipt.reference for receipt in waiting), "an accepted item needs a reference to be polled"
    return [
        PendingReceipt(
            key=receipt.key,
            reference=str(receipt.reference),
            accepted_at=accepted_at,
            destination=destinations[receipt.key],
        )
        for receipt in waiting
    ]


def last_days(connector: Connector) -> Days:
    """The thirty days whose costs are asked for."""
    today = connector.services.clock().date()
    return Days(today - timedelta(days=29), today)


def network(sandbox: Sandbox) -> AdsSandbox:
    """The sandbox as an ad network's."""
    assert isinstance(sandbox, AdsSandbox)
    return sandbox


def counted(sandbox: Sandbox, item: Conversion) -> Mapping[str, Any]:
    """What the network counts of a conversion, which it must know by its key."""
    known = network(sandbox).conversions()
    assert item.key in known, "the conversion does not count under its key: use it as the network's transaction id"
    return known[item.key]
