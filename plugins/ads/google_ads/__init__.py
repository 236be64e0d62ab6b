"""Google Ads: conversions through the Data Manager API, or through the Google Ads API for accounts that may use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from hub.api import (
    ApiVersion,
    Auth,
    AuthError,
    ConnectionReport,
    Connector,
    Conversion,
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
from hub.api.ads import ClickId, Cost, Days
from hub.api.oauth import AccountList, DestinationChoice
from hub.api.oauth import SignIn as WebSignIn
from plugins.ads.google_ads.accounts import Accounts
from plugins.ads.google_ads.ads_api import AdsApi, NotAllowlisted
from plugins.ads.google_ads.ads_failures import NOT_ALLOWLISTED
from plugins.ads.google_ads.batch import prepare
from plugins.ads.google_ads.conversion import CLICK_IDS, GoogleConversion, refused_before_sending
from plugins.ads.google_ads.costs import campaign_costs
from plugins.ads.google_ads.counting import OnePerClick
from plugins.ads.google_ads.data_manager import DataManager
from plugins.ads.google_ads.policy import ONE_PER_CLICK
from plugins.ads.google_ads.search import Search
from plugins.ads.google_ads.set_up import SET_UP
from plugins.ads.google_ads.settings import GoogleAdsDestination, GoogleAdsSettings, action_of
from plugins.ads.google_ads.sign_in import ASKS, NOTE, SCOPES, SignIn, web_sign_in

VERSION_ENDS = {"v23": (2027, 2), "v24": (2027, 5), "v25": (2027, 8), "v26": (2027, 11)}
"""Version of the Google Ads API → the month of its end. Source: Google Ads Developer Blog of 2025-09-04, which calls the months
projected."""
MOVED = "moved"
"""Key of the stored note that says when and why the account was moved to the Data Manager API."""


class GoogleAds(Connector):
    """One Google Ads account."""

    Settings = GoogleAdsSettings
    Destination = GoogleAdsDestination
    manifest = Manifest(
        name="google_ads",
        kind="ads",
        version="0.1.0",
        title="Google Ads",
        summary="Reports to Google Ads which clicks became calls and sales.",
        recipient=Recipient(
            name="Google LLC",
            privacy_url="https://policies.google.com/privacy",
            opt_out_url="https://myadcenter.google.com/",
            postal_address="1600 Amphitheatre Parkway, Mountain View, CA 94043, USA",
        ),
        regions=("US",),
        hosts=("datamanager.googleapis.com", "googleads.googleapis.com", "oauth2.googleapis.com"),
        network_library="google-ads",
        shares=(
            Share(field="clicked_at"),
            Share(field="call_started_at"),
            Share(field="phone_number", transform="sha256_e164"),
            Share(field="email", transform="sha256_google_email"),
        ),
        retention="as long as Google keeps the account's conversion data",
        deletion=Deletion(
            supported=False,
            note="Conversions are retracted, through the Data Manager API by restating them to a value of zero, but Google "
            "offers no way to delete what was uploaded for them.",
        ),
        auth=Auth(kind="oauth2", scopes=SCOPES, asks=ASKS, note=NOTE, client_path=("credentials",), **SET_UP),
        limits=Limits(batch_size=2000, requests_per_minute=300, max_age=timedelta(days=90)),
        click_ids=tuple(ClickId(parameter=name, source="google") for name in CLICK_IDS),
        abilities=("restate", "retract", "dry_run"),
        versions=(
            ApiVersion(name="v1", api="Data Manager API"),
            *(
                ApiVersion(
                    name=name, api="Google Ads API", setting="api_version", ends=date(*month, 1), is_published=False
                )
                for name, month in VERSION_ENDS.items()
            ),
        ),
    )

    def __init__(self, name: str, settings: Any, services: Services) -> None:
        super().__init__(name, settings, services)
        sign_in = SignIn(settings, services)
        self._data_manager = DataManager(settings, services, sign_in)
        self._ads_api = AdsApi(settings, services, sign_in)
        self._one_per_click = OnePerClick(services)
        self._search = Search(settings, services, sign_in)
        self._accounts = Accounts(settings, self._search)

    def sign_in(self) -> WebSignIn | None:
        return web_sign_in(self.settings)

    @classmethod
    def needs_sign_in(cls, settings: Any) -> bool:
        return settings.credentials.service_account is None and settings.credentials.refresh_token is None

    @hookimpl
    def list_accounts(self) -> AccountList:
        """The accounts that were shared with the person who signed in, and those below their manager accounts."""
        return self._accounts.reachable()

    @hookimpl
    def list_destinations(self) -> Sequence[DestinationChoice]:
        """The account's conversion actions."""
        return self._accounts.conversion_actions()

    @hookimpl
    def upload_conversions(self, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[Receipt]:
        """Check every item, upload the valid ones, and return one receipt for each item."""
        batch = prepare(conversions, self.services.clock(), self._one_per_click.actions())
        return batch.answered(self._sent(batch.fit, dry_run)) if batch.fit else batch.answered([])

    def _sent(self, fit: Sequence[GoogleConversion], dry_run: bool) -> list[Receipt]:
        """The receipts of valid items. Calls straight from ads go through the Data Manager API in any case, because the Google
        Ads API wants their numbers in the clear."""
        rows = [each for each in fit if each.match != "call"] if self._uses_ads_api() else []
        receipts: dict[str, Receipt] = {}
        if rows:
            try:
                receipts = {each.key: each for each in self._ads_api.upload(rows, dry_run)}
            except NotAllowlisted:
                self._move()
        rest = [each for each in fit if each.order_id not in receipts]
        try:
            receipts |= {each.key: each for each in self._data_manager.upload(rest, dry_run)}
        except RingfenceError as error:
            if not receipts:
                raise
            receipts |= {each.order_id: Receipt(key=each.order_id, status="retry", reason=str(error)) for each in rest}
        self._learn(receipts.values(), {each.order_id: each.action for each in fit})
        return [receipts[each.order_id] for each in fit]

    def _learn(self, receipts: Iterable[Receipt], actions: Mapping[str, str]) -> None:
        self._one_per_click.learn({actions[each.key] for each in receipts if each.code == ONE_PER_CLICK})

    @hookimpl
    def check_conversion(self, conversion: Conversion) -> Receipt | None:
        """Apply the rules that need no answer from Google."""
        return refused_before_sending(conversion, self.services.clock(), self._one_per_click.actions())

    @hookimpl
    def poll_receipts(self, pending: Sequence[PendingReceipt]) -> Sequence[Receipt]:
        """Data Manager's diagnostics. The Google Ads API has no later diagnostics."""
        receipts = self._data_manager.poll(pending)
        self._learn(receipts, {each.key: action_of(each.destination) for each in pending})
        return receipts

    @hookimpl
    def pull_costs(self, days: Days) -> Sequence[Cost]:
        """The account's reports of ad groups and campaigns."""
        return campaign_costs(self._search, self.settings, days)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Sign in and send a request that changes nothing."""
        try:
            return ConnectionReport(ok=True, detail=self._check() + self._accounts.counting_hint())
        except RingfenceError as error:
            return ConnectionReport(ok=False, detail=str(error))

    def _check(self) -> str:
        if not self._uses_ads_api():
            self._data_manager.probe()
            moved = self.services.memory.get(MOVED) if self.settings.api == "google_ads" else None
            return moved or "The Data Manager API answers with these credentials."
        needed = self.settings.login_customer_id or self.settings.customer_id
        if needed in self._ads_api.accessible_customers():
            return f"The Google Ads API {self.settings.api_version} answers, and account {needed} is accessible."
        raise AuthError(
            f"The Google Ads API answers, but these credentials do not reach account {needed}; give them access or "
            "set login_customer_id to your manager account."
        )

    def _uses_ads_api(self) -> bool:
        return self.settings.api == "google_ads" and self.services.memory.get("sink") != "data_manager"

    def _move(self) -> None:
        """Store and log that Google no longer accepts this account's conversions through the Google Ads API."""
        sentence = (
            f"Since {self.services.clock():%Y-%m-%d} Google refuses this account's conversions in the Google Ads API "
            f"({NOT_ALLOWLISTED}), so they go through the Data Manager API; write api: data_manager in config.yaml."
        )
        self.services.memory.put(MOVED, sentence)
        self.services.memory.put("sink", "data_manager")
        self.services.log.warning("moved to the Data Manager API", reason=sentence)
