"""The running hub as a carrier and a browser see it: webhooks signed by a stand-in, visits and forms of a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2

from hub.config.readers.folders import listen_address
from hub.contracts.sandbox import CarrierSandbox
from hub.contracts.untrusted import JsonObject
from hub.contracts.webhooks import AnswerDocument
from hub.errors import CannotDo, ConfigError
from hub.platform.clock import utc_now
from hub.plugin_host.sandboxes import start_sandboxes
from hub.plugin_host.stand_ins.shared_address import shared_address
from hub.startup.opening import sandbox_folder

if TYPE_CHECKING:
    from hub.config.models import CompanySection, Config, TrackerSection
    from hub.contracts.webhooks import WebhookRequest

REPLY_SECONDS = 15.0
REPEATS = 4
"""How often what the hub could not store in time is sent again, as carriers and the page script do."""


@dataclass(frozen=True)
class Target:
    """Whose number is called or texted."""

    company: CompanySection
    tracker: TrackerSection


@dataclass
class RunningHub:
    """A hub that serves this configuration on this machine."""

    config: Config
    client: httpx2.Client
    sent: list[tuple[str, int, float]] = field(default_factory=list)
    """Of each webhook: its address, the hub's status, and the seconds that the answer took."""
    sleep: Callable[[float], None] = time.sleep

    def post(self, request: WebhookRequest) -> AnswerDocument | None:
        """Send a webhook that is signed for the public address; the hub's document, None if the answer has none."""
        path = "/" + request.url.split("://", 1)[1].partition("/")[2]
        begun = time.perf_counter()
        reply = self._ask(request.method, path, content=request.body, headers=dict(request.headers))
        self.sent.append((path, reply.status_code, time.perf_counter() - begun))
        if reply.status_code != 200:
            return None
        return AnswerDocument(reply.headers.get("content-type", ""), reply.text)

    def visit(self, company: str, landing_page: str, referrer: str, country: str) -> JsonObject:
        """Report a visit as the page script does; what the page would show: `visit_id`, `number`."""
        visit = {"landing_page": landing_page, "referrer": referrer, "human": True, "country": country, "consent": {}}
        reply = self._ask("POST", f"/track/{company}/visit", json=visit)
        shown: JsonObject = _accepted(reply, "visit").json()
        return shown

    def send_form(self, company: str, form: JsonObject) -> None:
        """Send a form as the page script does."""
        _accepted(self._ask("POST", f"/track/{company}/form", json=form), "form")

    def _ask(self, method: str, path: str, **content: Any) -> httpx2.Response:
        try:
            for pause in range(1, REPEATS + 1):
                reply = self.client.request(method, path, **content)
                if reply.status_code != 503:
                    return reply
                self.sleep(pause)
            return self.client.request(method, path, **content)
        except httpx2.TransportError:
            raise CannotDo(
                f"No hub answers at {self.client.base_url}. Start it in another terminal: hub run."
            ) from None


@contextmanager
def running_hub(config: Config) -> Iterator[RunningHub]:
    """The hub that listens where `config` says; CannotDo at the first request if none does."""
    host, port = listen_address(config.hub.listen)
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104 - compared, not bound
    headers = {"user-agent": "Mozilla/5.0 (hub trigger)"}
    with httpx2.Client(base_url=address, timeout=REPLY_SECONDS, trust_env=False, headers=headers) as client:
        yield RunningHub(config, client)


@contextmanager
def stand_in(config: Config, carrier: str) -> Iterator[CarrierSandbox]:
    """The stand-in of a carrier. It shares what it holds with that of the running hub. CannotDo if the carrier is live."""
    entry = config.connectors[carrier]
    folder = sandbox_folder(config)
    if not entry.in_sandbox:
        raise CannotDo(f"{carrier} is live. Only a connector with sandbox: true takes events that were made up.")
    if folder is None:
        raise CannotDo("The database is in memory, so the stand-ins of the running hub cannot be reached.")
    at = shared_address(folder, carrier)
    addresses = {carrier: at} if at else {}
    with start_sandboxes({carrier: entry.connector_class}, utc_now, folder=folder, addresses=addresses) as running:
        sandbox = running.of(carrier)
        if sandbox is None or not isinstance(sandbox, CarrierSandbox):
            raise CannotDo(f"The plugin of {carrier} has no stand-in that plays calls and texts.")
        with sandbox.shared():
            yield sandbox


def target_of(config: Config, wanted: str | None) -> Target:
    """`company/tracker`, or `company` for its first tracker, or nothing for the first with a number; ConfigError if unknown."""
    company_name, _, tracker_name = (wanted or "").partition("/")
    found = [
        Target(company, tracker)
        for company in config.companies
        for tracker in company.trackers
        if tracker.numbers and company_name in ("", company.name) and tracker_name in ("", tracker.name)
    ]
    if not found:
        known = ", ".join(f"{each.name}/{tracker.name}" for each in config.companies for tracker in each.trackers)
        raise ConfigError(f"{wanted or 'A tracker'} is not in the configuration. It has: {known or 'no trackers'}.")
    return found[0]


def _accepted(reply: httpx2.Response, what: str) -> httpx2.Response:
    if reply.status_code >= 400:
        raise CannotDo(f"The hub did not take the {what}: {reply.status_code} {reply.text[:200]}")
    return reply
