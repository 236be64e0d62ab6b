"""Queries of the Google Ads API over REST (`googleAds:search`), all pages of them.

Sources: Google Ads API, "REST", "Report paging" (10,000 rows a page), "Understand API errors".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.api import Provider, RetryLater, Services, as_mapping, as_mappings, as_text, json_object, value_at
from plugins.ads.google_ads.settings import GoogleAdsSettings
from plugins.ads.google_ads.sign_in import SignIn

MAX_PAGES = 50
GOOGLE_ADS = Provider(
    name="The Google Ads API",
    remedy="sign in again as somebody who may use the account, and grant access to Google Ads",
    details=lambda refusal: (next(_codes(refusal.body), None), as_text(value_at(refusal.body, "error.message"))),
    retired=("UNSUPPORTED_VERSION", "404"),
)


class SearchRefused(Exception):
    """Google does not let the person who signed in ask this account; the message is Google's code."""


class Search:
    """Google Ads, asked about an account."""

    def __init__(self, settings: GoogleAdsSettings, services: Services, sign_in: SignIn) -> None:
        self._settings, self._services, self._sign_in = settings, services, sign_in

    def accessible(self) -> list[str]:
        """The ids of the accounts that were shared with the person."""
        url = f"{self._base}/customers:listAccessibleCustomers"
        answer = self._services.json(GOOGLE_ADS, "GET", url, headers=self._headers())
        return [as_text(name).removeprefix("customers/") for name in answer.get("resourceNames") or ()]

    def rows(self, customer: str, manager: str, query: str) -> list[Mapping[str, Any]]:
        """All rows of a query; SearchRefused if Google refuses this account, RetryLater if there are too many."""
        rows: list[Mapping[str, object]] = []
        body: dict[str, object] = {"query": query}
        for _ in range(MAX_PAGES):
            response = self._services.send(
                GOOGLE_ADS,
                "POST",
                f"{self._base}/customers/{customer}/googleAds:search",
                json=body,
                headers=self._headers() | {"login-customer-id": manager},
                expected=(403,),
            )
            answer = json_object(response.content)
            if response.status_code == 403:
                raise SearchRefused(next(_codes(answer or {}), "PERMISSION_DENIED"))
            if answer is None:
                raise RetryLater(f"{GOOGLE_ADS.name} answers without JSON.")
            rows += as_mappings(answer.get("results"))
            if not answer.get("nextPageToken"):
                return rows
            body["pageToken"] = answer["nextPageToken"]
        raise RetryLater(f"{GOOGLE_ADS.name} has more than {MAX_PAGES} pages of rows.")

    @property
    def _base(self) -> str:
        return f"{self._settings.ads_url}/{self._settings.api_version}"

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._sign_in.token()}"}


def _codes(answer: Mapping[str, object]) -> Iterator[str]:
    """The codes in an error: those of a GoogleAdsFailure, and the reason of an ErrorInfo."""
    for detail in as_mappings(as_mapping(answer.get("error")).get("details")):
        for failure in as_mappings(detail.get("errors")):
            yield from (as_text(code) for code in as_mapping(failure.get("errorCode")).values())
        if detail.get("reason"):
            yield as_text(detail["reason"])
