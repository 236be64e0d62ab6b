"""A hub with the laws, Twilio and every ad network at its stand-in, and all that the networks hear."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testbed import KEY, TestHub

from hub.contracts.hearing import HeardRequest
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from hub.testing.heard import everything, heard

EMAIL = "victim@example.com"
BERLIN, MONTREAL, CHICAGO = "+493023125014", "+15145550142", "+13125550142"
YES = {"all": "granted", "ads": "granted", "ad_user_data": "granted", "analytics": "granted"}
SIGNALS = "+13125550130"
"""The number that visitors see who say no to ads."""
NETWORKS = ("google", "meta", "microsoft", "tiktok", "linkedin", "analytics")
CLICKS = {
    "google": "Cj0KCQwire",
    "meta": "IwARwire",
    "microsoft": "wire5678",
    "tiktok": "E.C.Pwire",
    "linkedin": "wire-li",
}
AD_PAGE = (
    "https://lakeside.example.com/?gclid=Cj0KCQwire&fbclid=IwARwire&msclkid=wire5678&ttclid=E.C.Pwire&li_fat_id=wire-li"
)
"""A landing page with a click id of each network, as in `CLICKS`."""
CONFIG = """\
hub:
  public_url: https://calls.example.com
  database: sqlite:///ringfence.db
  secret_keys: ["${{file:key}}"]
connectors:
  carrier: {{plugin: twilio, sandbox: true}}
  google: {{plugin: google_ads, sandbox: true, schedule: every 15 minutes, customer_id: 123-456-7890}}
  meta: {{plugin: meta, sandbox: true, schedule: every 15 minutes}}
  microsoft: {{plugin: microsoft_ads, sandbox: true, schedule: every 15 minutes}}
  tiktok: {{plugin: tiktok, sandbox: true, schedule: every 15 minutes}}
  linkedin: {{plugin: linkedin, sandbox: true, schedule: every 15 minutes}}
  analytics: {{plugin: ga4, sandbox: true, schedule: every 15 minutes}}
  phonenumbers: {{plugin: phonenumbers}}
  signals: {{plugin: signals}}
  jurisdictions: {{plugin: jurisdictions}}
conversions:
  - name: contact
    when: {{event: form}}
    value: 15 USD
    send_to: &all
      google: {{conversion_action: 456456456}}
      meta: {{event: Lead}}
      microsoft: {{goal: Contact}}
      tiktok: {{event: Lead}}
      linkedin: {{conversion: 1234568}}
      analytics: {{}}
  - name: call
    when: {{event: call}}
    value: 40 USD
    send_to: *all
  - name: text
    when: {{event: text}}
    value: 10 USD
    send_to: *all
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside
        country: US
        region: IL
        website: {{swap: ["+13125550190"]}}
        {more}
        route: {{dial: "+13125550190"}}
        trackers:
          - {{name: website, type: session, carrier: carrier, numbers: ["+13125550100", "+13125550101"]}}
          - {{name: shared, type: source, carrier: carrier, numbers: ["+13125550120"], source: website, default: true}}
          - {{name: signals, type: source, carrier: carrier, numbers: ["+13125550130"], source: website, signals: true}}
"""


@dataclass
class AdNetworks:
    """A hub whose every request to an ad network is heard."""

    stage: TestHub
    _heard: dict[str, list[HeardRequest]] = field(default_factory=dict)

    def deliver(self) -> dict[str, str]:
        """Send what is due to each network: everything that it was sent, as one text."""
        for requests in self._heard.values():
            requests.clear()
        for name in NETWORKS:
            self.stage.deliver(name)
        return {name: "\n".join(everything(self._heard[name])) for name in NETWORKS}


@contextmanager
def open_ad_networks(folder: Path, clock: FrozenClock, more: str = "") -> Iterator[AdNetworks]:
    """The hub in `folder`; `more` is a line of the company."""
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(more=more))
    (folder / "key").write_text(KEY)
    with ExitStack() as stack:
        opened = stack.enter_context(open_hub(read_config(path), clock))
        requests = {name: stack.enter_context(heard(opened.sandboxes.of(name))) for name in NETWORKS}
        yield AdNetworks(TestHub(opened.hub, opened.directory, clock), requests)


def heard_of(sent: Mapping[str, str], *identifiers: str) -> set[str]:
    """The networks that heard one of these numbers and addresses, plain or hashed as networks take them."""
    texts = {shape for each in identifiers for shape in (each, each.removeprefix("+"))}
    shapes = texts | {hashlib.sha256(each.encode()).hexdigest() for each in texts}
    return {name for name, text in sent.items() if any(shape in text for shape in shapes)}
