"""What tests of the Data Manager API do: connect, upload, and ask for the diagnostics."""

from __future__ import annotations

from hub.api import Conversion, PendingReceipt, Receipt
from hub.testing import FrozenClock, connect
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.sandbox import Sandbox


def data_manager(google: Sandbox, clock: FrozenClock) -> GoogleAds:
    """A connector that works."""
    connector = connect(GoogleAds, google, clock=clock, timeout=10.0)
    assert connector.check_connection().ok
    return connector


def upload(connector: GoogleAds, *batch: Conversion, dry_run: bool = False) -> list[Receipt]:
    """The receipts of an upload."""
    return list(connector.upload_conversions(batch, dry_run))


def poll(connector: GoogleAds, receipts: list[Receipt], action: int = 987654321) -> list[Receipt]:
    """The receipts after Google's diagnostics."""
    accepted_at = connector.services.clock()
    return list(
        connector.poll_receipts(
            [
                PendingReceipt(
                    key=receipt.key,
                    reference=str(receipt.reference),
                    accepted_at=accepted_at,
                    destination={"conversion_action": action},
                )
                for receipt in receipts
            ]
        )
    )
