"""A hub opened from a config.yaml whose Google Ads, HubSpot and Salesforce connectors sign in at stand-ins over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from testbed import TestHub

from hub.plugin_host.discovery import discover
from hub.reload import ConfigFile
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from plugins.ads.google_ads.sandbox import Sandbox as Google
from plugins.crm.hubspot.sandbox import Sandbox as HubSpot
from plugins.crm.salesforce.sandbox import Sandbox as Salesforce

SECRET = "stand-in-client-secret"
CONFIG = """\
# A plumber's hub.
hub:
  public_url: {public_url}
  database: sqlite:///ringfence.db
  browser_references: ["env:LISTED_KEY"]
  private_hosts: [127.0.0.1]
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
  signals: {{plugin: signals}}
  google:                       # the ads of both companies
    plugin: google_ads
    schedule: every 15 minutes
    customer_id: 123-456-7890
    login_customer_id: 100-200-3000
    credentials: {{client_id: {google[client_id]}, client_secret: "${{env:GOOGLE_SECRET}}"}}
    data_manager_url: {google[url]}
    token_url: {google[url]}/token
    authorize_url: {google[url]}/o/oauth2/v2/auth
    ads_url: {google[url]}
  google_north:
    plugin: google_ads
    schedule: every 15 minutes
    customer_id: 321-654-0987
    login_customer_id: 100-200-3000
    companies: [northgate]
    credentials: {{client_id: {google[client_id]}, client_secret: "${{env:GOOGLE_SECRET}}"}}
    data_manager_url: {google[url]}
    token_url: {google[url]}/token
    authorize_url: {google[url]}/o/oauth2/v2/auth
    ads_url: {google[url]}
  hubspot:
    plugin: hubspot
    schedule: every 15 minutes
    client_id: {hubspot[client_id]}
    client_secret: ${{env:HUBSPOT_SECRET}}
    base_url: {hubspot[url]}
    authorize_url: {hubspot[url]}/oauth/authorize
  salesforce:
    plugin: salesforce
    schedule: every 15 minutes
    client_id: {salesforce[client_id]}
    client_secret: ${{env:SALESFORCE_SECRET}}
    login_url: {salesforce[url]}
conversions:
  - name: qualified call
    when: {{event: call, answered: true, min_duration: 60s}}
    value: 40 USD
    send_to:
      google: {{conversion_action: 987654321}}
  - name: contact form
    when: {{event: form}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside Plumbing
        route: {{dial: "+13125550190"}}
        trackers:
          - {{name: shared, type: source, carrier: twilio, numbers: ["+13125550120"], source: website, default: true}}
      - name: northgate
        title: Northgate Drains
        route: {{dial: "+13135550190"}}
        trackers:
          - {{name: shared, type: source, carrier: twilio, numbers: ["+13135550120"], source: website, default: true}}
"""


@dataclass(frozen=True)
class Providers:
    """The running stand-ins."""

    google: Google
    hubspot: HubSpot
    salesforce: Salesforce


@contextmanager
def running_providers() -> Iterator[Providers]:
    """The stand-ins on loopback."""
    with ExitStack() as stack:
        found = Providers(Google(), HubSpot(), Salesforce())
        for each in (found.google, found.hubspot, found.salesforce):
            stack.enter_context(each)
        yield found


def environment(providers: Providers) -> dict[str, str]:
    """The variables that the file names."""
    salesforce = providers.salesforce.sign_in_settings()
    return {
        "GOOGLE_SECRET": providers.google.tokens.client_secret,
        "HUBSPOT_SECRET": providers.hubspot.client_secret,
        "LISTED_KEY": "a-key-that-owners-may-use",
        "SALESFORCE_SECRET": salesforce["client_secret"],
    }


@contextmanager
def open_provider_stage(
    providers: Providers, folder: Path, clock: FrozenClock, public_url: str = "http://127.0.0.1:8080"
) -> Iterator[TestHub]:
    """The hub; the variables of `environment` must be set. `forget` the stand-ins before."""
    for each in (providers.google, providers.hubspot, providers.salesforce):
        each.clock = clock
        each.forget()
    path = folder / "config.yaml"
    path.write_text(config_text(providers, public_url))
    with open_hub(read_config(path), clock) as opened:
        file = ConfigFile(path, opened.hub.store, clock, discover=discover)
        yield TestHub(opened.hub, opened.directory, clock, file)


def config_text(providers: Providers, public_url: str) -> str:
    """The file."""
    clients: dict[str, Any] = {
        "google": {"url": providers.google.url, "client_id": providers.google.tokens.client_id},
        "hubspot": {"url": providers.hubspot.url, "client_id": providers.hubspot.client_id},
        "salesforce": {
            "url": providers.salesforce.url,
            "client_id": providers.salesforce.sign_in_settings()["client_id"],
        },
    }
    return CONFIG.format(public_url=public_url, **clients)


def agree(address: str, answer: str = "allow", account: str | None = None, leave_out: str = "") -> str:
    """What a person does on the provider's page; the address to which the browser is sent back."""
    shown = httpx2.get(address, trust_env=False)
    assert shown.status_code == 200, shown.text
    asked = parse_qs(urlsplit(address).query)
    who = account or shown.text.partition('name="account" value="')[2].partition('"')[0]
    scopes = [each for each in asked["scope"][0].split() if leave_out not in each or not leave_out]
    back = httpx2.post(address, data={"answer": answer, "account": who, "scope": scopes}, trust_env=False)
    location: str = back.headers["location"]
    assert location.partition("?")[0] == asked["redirect_uri"][0]
    return location
