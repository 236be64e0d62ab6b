"""Twilio Lookup: facts about a caller's number from paid lookups, within the customer's caps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.api import (
    ApiVersion,
    Auth,
    Caller,
    ConnectionReport,
    Connector,
    DataFlow,
    Deletion,
    Fact,
    Limits,
    Manifest,
    Recipient,
    RingfenceError,
    Services,
    Share,
    hookimpl,
    phone_number,
)

from .client import Client, NotCharged
from .settings import TwilioLookupSettings
from .spending import Purse
from .translate import facts, worth_asking

PROBE = "+12025550100"
"""An unassigned number. Its free validation shows that Twilio accepts the credentials."""


class TwilioLookup(Connector):
    """One Twilio account's paid lookups."""

    Settings = TwilioLookupSettings
    manifest = Manifest(
        name="twilio_lookup",
        kind="enrichment",
        version="0.1.0",
        title="Twilio Lookup",
        summary="Line type, current carrier and caller name of a number, through paid Twilio lookups.",
        recipient=Recipient(
            name="Twilio Inc.", role="processor", privacy_url="https://www.twilio.com/en-us/legal/privacy"
        ),
        regions=("US",),
        hosts=("lookups.twilio.com",),
        flows=(
            DataFlow(hook="enrich_caller", use="essential.service.operations", shares=(Share(field="phone_number"),)),
        ),
        retention="Twilio removes the number from its request records within 30 days",
        personal_in_address="Lookup takes the number only as a part of the address.",
        deletion=Deletion(
            supported=False,
            note="a lookup cannot be undone: Twilio offers no way to delete the record of one, and removes the "
            "number by itself within 30 days; carriers that it asked may keep their own records",
        ),
        auth=Auth(kind="basic"),
        limits=Limits(requests_per_minute=600),
        versions=(ApiVersion(name="v2", api="Lookup"),),
    )

    settings: TwilioLookupSettings

    def __init__(self, name: str, settings: Any, services: Services) -> None:
        super().__init__(name, settings, services)
        self._client = Client(settings, services)
        self._purse = Purse(settings, services.memory, services.clock)

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """One lookup, counted as paid before it is made; none if the number cannot be dialed."""
        number = phone_number(caller.phone_number) if caller.phone_number else None
        packages = worth_asking(number, self.settings.fields) if number else ()
        if number is None or not packages:
            return ()
        price = self.settings.price(packages)
        self._purse.spend(price)
        try:
            return tuple(facts(self._client.look_up(number, packages)))
        except NotCharged as refused:
            self._purse.give_back(price)
            if refused.error is not None:
                raise refused.error from None
            return ()

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """The free validation of an unassigned number."""
        try:
            self._client.look_up(PROBE, ())
        except NotCharged as refused:
            if refused.error is not None:
                return ConnectionReport(ok=False, detail=str(refused.error))
        except RingfenceError as error:
            return ConnectionReport(ok=False, detail=str(error))
        return ConnectionReport(ok=True, detail="Twilio's lookup API answers with these credentials.")
