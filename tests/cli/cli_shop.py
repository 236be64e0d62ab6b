"""A small hub in a folder: Twilio's stand-in on the wire, an ad network of one file, and calls played through the flow."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands import CliRunner
from shop_copies import once
from typer.testing import Result

from hub.api import WebhookRequest
from hub.api.sandbox import SimulatedCall
from hub.cli import app
from hub.delivery.sync import sync as sync_now
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.flow.receive import Received, Receiver
from hub.model import AuditEntry, Call, TextMessage
from hub.runtime import Hub, webhook_url
from hub.startup.opening import Opened, open_hub
from hub.startup.reading import read_config
from hub.store.engine import Store
from hub.store.writers.inbox_writer import InboxWriter
from hub.testing import FrozenClock
from hub.visits.record import NumberShown, VisitRequest, record_visit
from plugins.carriers.twilio.sandbox import Sandbox

CONFIG = """\
hub:
  public_url: https://calls.example.com
  disk_reserve: 0
  database: {database}
  plugin_dirs: [plugins]
  private_hosts: [127.0.0.1]
  secret_keys: ["${{file:key}}"]
connectors:
  phone:
    plugin: twilio
    account_sid: {account_sid}
    auth_token: ${{file:token}}
    base_url: {base_url}
    pricing_url: {pricing_url}
    porting_url: {porting_url}
    upload_url: {upload_url}
  ads: {{plugin: adco, account: "{account}", isolation: thread}}
  places: {{plugin: phonenumbers}}
  {consent}
conversions:
  - name: answered call
    when: {{event: call, answered: true}}
    value: 40 USD
    send_to: {{ads: {{action: {action}}}}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: north
        title: North
        country: US
        region: IL
        contact: {{email: privacy@north.example.com}}
        route: {{dial: "+13125550190"}}
        trackers:
          - {{name: pool, type: session, carrier: phone, numbers: ["+13125550100"]}}
          - {{name: print, type: source, carrier: phone, numbers: ["+13125550120"], source: yellow_pages, medium: print}}
"""
ADCO = '''\
"""An ad network of one file: its answer follows from the action that the conversion goes to."""

from pydantic import Field

from hub.api import (
    AuthError,
    ConnectionReport,
    Connector,
    DataFlow,
    Manifest,
    PluginSettings,
    Receipt,
    Recipient,
    RetryLater,
    Share,
    hookimpl,
)


class Settings(PluginSettings):
    account: str = Field(description="The account.")


class Destination(PluginSettings):
    action: int = Field(description="The action.")


class Adco(Connector):
    manifest = Manifest(
        name="adco",
        kind="ads",
        version="1.2.0",
        summary="An ad network for tests.",
        recipient=Recipient(name="Adco Inc.", role="independent_controller", postal_address="1 Ad St, Chicago, IL 60601"),
        regions=("US",),
        flows=(
            DataFlow(
                hook="upload_conversions",
                use="marketing.advertising.third_party.targeted",
                shares=(Share(field="click_ids"), Share(field="phone_number", transform="sha256_e164")),
            ),
        ),
        abilities=("restate", "retract", "dry_run"),
    )
    Settings = Settings
    Destination = Destination

    @hookimpl
    def upload_conversions(self, conversions, dry_run):
        if self.settings.account == "locked":
            raise AuthError("Adco refuses the account; sign in again.")
        if self.settings.account == "busy":
            raise RetryLater("Adco is busy.", 60)
        answers = {7: ("delivered", None, None), 8: ("rejected", "BAD_ACTION", "There is no such action."),
                   9: ("accepted", None, None)}
        return [
            Receipt(key=each.key, status=status, code=code, reason=reason, reference="ref-1")
            for each in conversions
            for status, code, reason in [answers[each.destination["action"]]]
        ]

    @hookimpl
    def check_connection(self):
        if self.settings.account == "locked":
            raise AuthError("Adco refuses the account; sign in again.")
        return ConnectionReport(ok=True, detail="Adco answers.")
'''
CALLER = "+13125550147"


@dataclass
class Shop:
    """A folder with a config.yaml, and the commands of `hub` in it."""

    folder: Path
    carrier: Sandbox
    clock: FrozenClock
    database: str
    places: tuple[Path, ...]
    """All folders with something of this shop."""

    def configure(self, *, action: int = 7, account: str = "open", consent: str = "signals: {plugin: signals}") -> None:
        """Write config.yaml."""
        at_carrier = self.carrier.settings()
        (self.folder / "token").write_text(at_carrier.pop("auth_token"))
        text = CONFIG.format(**at_carrier, database=self.database, action=action, account=account, consent=consent)
        (self.folder / "config.yaml").write_text(text)

    def run(self, *words: str, typed: str | None = None) -> Result:
        """Run `hub …`."""
        return CliRunner().invoke(app, list(words), input=typed)

    def json(self, *words: str, status: int = 0) -> Any:
        """What `hub … --json` prints."""
        result = self.run(*words, "--json")
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """The hub itself, at the shop's own time."""
        with open_hub(read_config(self.folder / "config.yaml"), self.clock) as opened:
            yield opened

    @once
    def play(self, *calls: Mapping[str, Any], visit: Mapping[str, Any] | None = None, send: bool = True) -> list[str]:
        """Let calls come in and go all the way; their ids, in the order in which they began."""
        with self.opened() as opened:
            if visit is not None:
                self.visit(opened, **visit)
            for changes in calls or ({},):
                self.call(opened, **changes)
            self.work(opened)
            if send:
                sync_now(opened.hub, opened.directory.current(), "ads", jitter=lambda longest: longest)
            with opened.hub.store.reading() as session:
                return [row.id for row in session.exec(_all(Call).order_by(Call.started_at, Call.id))]

    def visit(
        self, opened: Opened, gpc: bool = False, page: str = "https://north.example.com/?gclid=Cj0KEQ-abc123"
    ) -> NumberShown:
        """A visitor comes from an ad and sees the pool's number; with `gpc` the browser sends that signal afterwards."""
        directory = opened.directory.current()
        north = directory.companies["north"]
        shown = record_visit(opened.hub, directory, north, VisitRequest(landing_page=page, referrer=None, human=True))
        if gpc:
            signal = VisitRequest(landing_page=None, referrer=None, visit_id=shown.visit_id, gpc=True)
            record_visit(opened.hub, directory, north, signal)
        return shown

    def call(self, opened: Opened, **changes: Any) -> None:
        """Someone calls; Twilio's webhooks arrive."""
        values: dict[str, Any] = {
            "caller_number": CALLER,
            "tracking_number": "+13125550100",
            "answering_number": "+13125550190",
            "started_at": self.clock(),
        }
        played = SimulatedCall(**(values | changes))
        self.receive(opened, [request for _, request in self.carrier.webhooks(played, self.address(opened.hub))])

    def address(self, hub: Hub) -> str:
        """Where the carrier sends its webhooks."""
        return webhook_url(hub.config, "phone")

    def receive(self, opened: Opened, requests: Sequence[WebhookRequest]) -> None:
        """Webhooks come in and are kept."""
        writer = InboxWriter(opened.hub.store)
        receiver, stored = Receiver(opened.hub, writer), threading.Semaphore(0)

        def done(received: Received) -> None:
            if received.unstored:
                received.unstored.store()
            else:
                assert received.outcome == "stored"
                stored.release()

        for request in requests:
            receiver.submit("phone", request, done)
        for _ in requests:
            assert stored.acquire(timeout=10)
        writer.close()

    def work(self, opened: Opened) -> None:
        """The worker's flow: inbox to outbox."""
        self.clock.advance(minutes=10)
        directory = opened.directory.current()
        while fold_inbox(opened.hub, directory):
            pass
        process(opened.hub, directory, Call)
        process(opened.hub, directory, TextMessage)

    def park(self) -> None:
        """A webhook comes in that nobody can read."""
        with self.opened() as opened:
            self.receive(opened, [self.carrier.unparseable_webhook(self.address(opened.hub))])
            self.work(opened)

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table."""
        store = Store(self.database)
        with store.reading() as session:
            found = list(session.exec(_all(table)))
        store.close()
        return found

    def audited(self) -> list[tuple[str, str]]:
        """The deeds in the audit trail: (action, subject)."""
        return [(row.action, row.subject) for row in self.rows(AuditEntry)]


def _all(table: Any) -> Any:
    from sqlmodel import select

    return select(table)
