"""What the world's numbering plans say about a caller's number, offline: place, line type, time zone, carrier, validity."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from hub.api import Caller, ConnectionReport, Connector, DataFlow, Fact, Manifest, Recipient, Share, hookimpl
from plugins.enrichment.phonenumbers.settings import PhoneNumbersSettings
from plugins.enrichment.phonenumbers.translate import facts


class PhoneNumbers(Connector):
    """Reads the `phonenumbers` package's data. The number never leaves the machine."""

    Settings = PhoneNumbersSettings
    manifest = Manifest(
        name="phonenumbers",
        kind="enrichment",
        version="0.1.0",
        title="Phone numbers, on this machine",
        summary="Place, line type, time zone, first carrier and validity of a number, from the numbering plans, offline.",
        recipient=Recipient(name="this machine", role="none"),
        flows=(
            DataFlow(hook="enrich_caller", use="essential.service.operations", shares=(Share(field="phone_number"),)),
        ),
    )

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """The facts of translate.py; empty if the caller hides the number."""
        return tuple(facts(caller.phone_number)) if caller.phone_number else ()

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Always healthy; reports which edition of the numbering plans is installed."""
        return ConnectionReport(ok=True, detail=f"Numbering plans of phonenumbers {version('phonenumbers')}, offline.")
