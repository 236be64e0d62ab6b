"""Google Ads: conversions through the Data Manager API, or through the Google Ads API for accounts that may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hub.api import (
    Auth,
    ConnectionReport,
    Connector,
    Conversion,
    DataFlow,
    Deletion,
    Limits,
    Manifest,
    PendingReceipt,
    Receipt,
    Recipient,
    RingfenceError,
    Services,
    Share,
    hookimpl,
)
from plugins.ads.google_ads.conversion import CLICK_IDS, prepare
from plugins.ads.google_ads.data_manager import DataManager
from plugins.ads.google_ads.settings import GoogleAdsDestination, GoogleAdsSettings
from plugins.ads.google_ads.sign_in import SCOPES, SignIn


class GoogleAds(Connector):
    """One Google Ads account."""

    Settings = GoogleAdsSettings
    Destination = GoogleAdsDestination
    manifest = Manifest(
        name="google_ads",
        kind="ads",
        version="0.1.0",
        summary="Tells Google Ads which clicks became calls and business.",
        recipient=Recipient(
            name="Google LLC", role="independent_controller", privacy_url="https://policies.google.com/privacy"
        ),
        regions=("US",),
        hosts=("datamanager.googleapis.com", "googleads.googleapis.com", "oauth2.googleapis.com"),
        flows=(
            DataFlow(
                hook="upload_conversions",
                use="marketing.advertising.third_party.targeted",
                shares=(
                    Share(field="click_ids", keys=CLICK_IDS),
                    Share(field="phone_number", transform="sha256_e164"),
                    Share(field="email", transform="sha256_google_email"),
                ),
            ),
        ),
        retention="as long as Google keeps the account's conversion data",
        deletion=Deletion(
            supported=False,
            note="A conversion can be taken back, so that it counts no more, but Google offers no way to delete what "
            "was uploaded for it.",
        ),
        auth=Auth(kind="oauth2", scopes=SCOPES),
        limits=Limits(batch_size=2000, requests_per_minute=300, max_age=timedelta(days=90)),
    )

    def __init__(self, name: str, settings: Any, services: Services) -> None:
        super().__init__(name, settings, services)
        self._data_manager = DataManager(settings, services, SignIn(settings, services))

    @hookimpl
    def upload_conversions(self, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[Receipt]:
        """Check every item, upload what is fit, and give each its receipt."""
        batch = prepare(conversions, self.services.clock())
        return batch.answered(self._data_manager.upload(batch.fit, dry_run))

    @hookimpl
    def poll_receipts(self, pending: Sequence[PendingReceipt]) -> Sequence[Receipt]:
        """Data Manager's diagnostics; the Google Ads API has none that come later."""
        return self._data_manager.poll(pending)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Sign in, and ask a question that changes nothing."""
        try:
            self._data_manager.probe()
        except RingfenceError as error:
            return ConnectionReport(ok=False, detail=str(error))
        return ConnectionReport(ok=True, detail="The Data Manager API answers with these credentials.")
