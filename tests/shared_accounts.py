"""Two companies that use one carrier account and one CRM: real plugins, against their stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from fake_connectors import FakeLaw, FakeNetwork
from pydantic import create_model
from testbed import CALLER, NORTH_SHARED, SHARED, TestHub

from hub.api import Connector
from hub.api.sandbox import HttpSandbox, SimulatedCall
from hub.hookspecs import CallHooks
from hub.model import Call, Company, LegalHold, PrivacyRequest, Recording
from hub.privacy_requests.people import set_hold
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify
from hub.testing import FrozenClock
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.twilio import Twilio
from plugins.crm.hubspot import HubSpot

NAME, ADDRESS = "Zqwall Canary", "zqwall.canary@example.com"
NUMBERS = {"lakeside": SHARED, "northgate": NORTH_SHARED}
WORDS = {"lakeside": "zqlakeside", "northgate": "zqnorthgate"}
"""Stands in the text that the person wrote to each company."""


def at(plugin: type[Connector], sandbox: HttpSandbox) -> type[Connector]:
    """The plugin, whose own settings lead to its stand-in."""
    there = plugin.Settings.model_validate(sandbox.settings())
    fields: Any = {
        name: (field.annotation, getattr(there, name)) for name, field in plugin.Settings.model_fields.items()
    }
    settings = create_model(f"At{plugin.__name__}Settings", __base__=plugin.Settings, **fields)
    return type(f"At{plugin.__name__}", (plugin,), {"Settings": settings})


class SharedAccounts:
    """A hub whose two companies share a Twilio account and a HubSpot account; a Telnyx account has no number of theirs.

    One person has called both companies, was recorded, and has written to both.
    """

    def __init__(self, hub: Callable[..., TestHub], twilio: Any, telnyx: Any, hubspot: Any) -> None:
        self.twilio, self.telnyx, self.hubspot = twilio, telnyx, hubspot
        connectors = {
            "carrier": at(Twilio, twilio),
            "cells": at(Telnyx, telnyx),
            "crm": at(HubSpot, hubspot),
            "network": FakeNetwork,
            "law": FakeLaw,
        }
        self.stage = hub(connectors=connectors)
        self.contact = hubspot.add_contact(NAME, CALLER, ADDRESS)
        for company in NUMBERS:
            self.deal_with(company)

    def deal_with(self, company: str, number: str | None = None, caller: str | None = CALLER) -> None:
        """The person calls a company, is recorded, and writes to it; the call is logged in the CRM."""
        stage, address = self.stage, "https://calls.example.com/webhooks/carrier"
        number = number or NUMBERS[company]
        call = SimulatedCall(
            caller_number=caller, tracking_number=number, answering_number="+13125550190",
            started_at=stage.clock(), outcome="voicemail", talk=timedelta(seconds=5),
        )  # fmt: skip
        requests = [request for _, request in self.twilio.webhooks(call, address)]
        if caller is not None:
            requests.append(self.twilio.message_webhook(caller, number, WORDS[company], address))
        for request in requests:
            stage.tell(*stage.hub.plugins.call("carrier", CallHooks.parse_webhook, request))
        stage.flow()
        stage.deliver("crm", "log_calls")

    def company(self, name: str) -> Company:
        """A company's row."""
        return self.stage.one(Company, name=name)

    def hold(self, company: str, phone: str | None) -> LegalHold:
        """A legal hold of a company on a person, or on everybody there."""
        with self.stage.hub.store.writing() as session:
            return set_hold(session, self.stage.hub, self.company(company).id, phone, None, "Case 17", "officer")

    def ask(self, company: str, kind: str) -> PrivacyRequest:
        """A request of the person to a company, proven and carried out."""
        hub = self.stage.hub
        with hub.store.writing() as session:
            asked = open_request(
                session, hub, session.get_one(Company, self.company(company).id), kind,
                actor="officer", channel="letter", phone=CALLER,
            )  # fmt: skip
            verify(session, asked, "officer", "officer", self.stage.clock())
        return run(hub, asked.id, "officer")

    # what is at the providers

    def at_carrier(self, company: str) -> tuple[int, int, int]:
        """Calls, recordings and texts at the carrier on the numbers of a company."""
        number = NUMBERS[company]
        calls = [one["sid"] for one in self.twilio.calls.values() if number in (one["from"], one["to"])]
        recordings = [one for one in self.twilio.held_recordings.values() if one["call_sid"] in calls]
        texts = [one for one in self.twilio.messages.values() if number in (one["from"], one["to"])]
        return len(calls), len(recordings), len(texts)

    def logged(self, company: str) -> int:
        """Calls in the CRM on the numbers of a company."""
        return sum(NUMBERS[company] == entry["hs_call_to_number"] for entry in self.hubspot.activities())

    def recordings_here(self, company: str) -> set[str]:
        """How the hub's own recordings of a company stand."""
        calls = {call.id for call in self.stage.rows(Call) if call.company_id == self.company(company).id}
        return {row.state for row in self.stage.rows(Recording) if row.call_id in calls}


@contextmanager
def shared_accounts(hub: Callable[..., TestHub], clock: FrozenClock) -> Iterator[SharedAccounts]:
    """The scene, with its stand-ins running."""
    stand_ins = [plugin.sandbox_class() for plugin in (Twilio, Telnyx, HubSpot)]
    running = [stand_in(clock) for stand_in in stand_ins if stand_in is not None]
    for each in running:
        each.start()
    try:
        yield SharedAccounts(hub, *running)
    finally:
        for each in running:
            each.stop()
