"""An enricher that does what no plugin may, for as long as a file exists: it dies, hangs, spins, lies and wastes memory."""

import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from hub.api import Caller, Connector, DataFlow, Fact, Manifest, PluginSettings, Recipient, Share, hookimpl

HANG_SECONDS = 60.0
GIGABYTE = 1 << 30


class SurprisingError(BaseException):
    """No Exception, as those of some vendors' libraries."""


class EvilEnricherSettings(PluginSettings):
    """Where it looks whether to be evil."""

    while_exists: str = Field(description="It is evil while this file exists.")


class EvilEnricher(Connector):
    """Half of its calls are well behaved even then."""

    Settings = EvilEnricherSettings
    manifest = Manifest(
        name="evil_enricher",
        kind="enrichment",
        version="1.0",
        summary="Behaves badly on purpose.",
        recipient=Recipient(name="Nobody", role="none"),
        flows=(DataFlow(hook="enrich_caller", use="essential.service", shares=(Share(field="phone_number"),)),),
    )

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """Facts about a caller, or a misdeed."""
        if Path(self.settings.while_exists).exists() and random.random() < 0.5:  # noqa: S311 - no secret
            random.choice((_exit, _system_exit, _surprise, _hang, _spin, _waste, _lie))()  # noqa: S311
        return [Fact(name="country", value="US", category="user.contact.address.country")]


def _exit() -> None:
    os._exit(9)


def _system_exit() -> None:
    sys.exit(3)


def _surprise() -> None:
    raise SurprisingError("no Exception")


def _hang() -> None:
    time.sleep(HANG_SECONDS)


def _spin() -> None:
    until = time.monotonic() + HANG_SECONDS
    while time.monotonic() < until:
        pass


def _waste() -> None:
    bytearray(GIGABYTE)


def _lie() -> None:
    raise ValueError("x" * 1_000_000)
