"""The conformance suite of ad networks, once for each of the two ways into Google Ads."""

from hub.testing import AdsConformance
from plugins.ads.google_ads import GoogleAds


class TestDataManager(AdsConformance):
    connector_class = GoogleAds


class TestGoogleAdsApi(AdsConformance):
    connector_class = GoogleAds
    settings = {"api": "google_ads"}
