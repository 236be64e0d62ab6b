"""Every built-in provider declares the versions of its API, and a retired one waits for a person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hub.api import ConfigError, Provider, Refusal
from hub.contracts.refusals import Refusal as Answer
from hub.plugin_host.discovery import discover
from hub.queries.connectors.version_ends import are_alternatives
from plugins.ads.linkedin import LinkedIn
from plugins.ads.meta import Meta
from plugins.crm.salesforce.refusals import SALESFORCE

FOURTEEN = {
    "bandwidth", "ga4", "google_ads", "hubspot", "linkedin", "meta", "microsoft_ads", "plivo", "salesforce", "sip", "telnyx",
    "tiktok", "twilio", "vonage",
}  # fmt: skip
ENDS = {
    ("google_ads", "v26"): date(2027, 11, 1),
    ("hubspot", "2026-09"): date(2028, 3, 1),
    ("linkedin", "202608"): date(2027, 8, 15),
    ("meta", "v26.0"): date(2027, 7, 29),
}
"""Of the default versions. Sources: the Google Ads Developer Blog of 2025-09-04 (November 2027), HubSpot's "Developer platform
and API versioning" (18 months), LinkedIn's "API Migration Status" (202603 ends on 2027-03-16), Meta's "Marketing API version
history" (v26.0 came on 2026-07-29; v25.0 ends a year and five days after its release)."""
CLASSES: Any = discover(()).classes


def test_all_fourteen_declare_the_versions_that_they_speak() -> None:
    assert {name for name in FOURTEEN if not CLASSES[name].manifest.versions} == set()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_the_setting_of_a_version_exists_and_its_default_is_declared(name: str) -> None:
    for each in CLASSES[name].manifest.versions:
        if each.setting:
            default = CLASSES[name].Settings.model_fields[each.setting].default
            of_setting = [other for other in CLASSES[name].manifest.versions if are_alternatives(each, other)]
            assert default in [other.name for other in of_setting]
            ends = [other.ends for other in of_setting if other.ends]
            assert ends == sorted(ends), "the oldest first"


def test_the_ends_of_the_defaults_are_those_of_the_vendors() -> None:
    declared = {
        (name, each.name): each.ends
        for name, found in CLASSES.items()
        for each in found.manifest.versions
        if (name, each.name) in ENDS
    }
    assert declared == ENDS


RETIRED = [
    (Meta.provider, Answer(400, body={"error": {"code": 2635, "message": "You are calling a deprecated version"}})),
    (LinkedIn.provider, Answer(426, body={"status": 426, "code": "NONEXISTENT_VERSION"})),
    (SALESFORCE, Answer(410, body={"errorCode": "UNSUPPORTED_API_VERSION", "message": "retired"})),
]
"""Sources: Marketing API "Error Codes" (2635); LinkedIn "Versioning" (426); Salesforce "API End-of-Life Policy" (410 GONE)."""


@pytest.mark.parametrize(("provider", "refusal"), RETIRED, ids=lambda each: getattr(each, "name", ""))
def test_a_retired_version_is_an_error_of_the_settings_that_waits(provider: Provider, refusal: Refusal) -> None:
    error = provider.error(refusal)
    assert isinstance(error, ConfigError)
    assert "has retired the version of its API" in str(error) and "Nothing is lost" in str(error)
