"""The hook for facts about callers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.facts import Caller, Fact
from hub.hookspecs.markers import hookspec


class EnrichmentHooks(Protocol):
    """Enrichment: data services, and CRMs that know who is calling."""

    @hookspec(network=True, deadline=5, scheduled=False, use="essential.service", main_of="enrichment")
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """Facts about a caller; empty if nothing is known.

        Called once per call, after its attribution, never while it rings. All enrichers are asked. If two return a fact
        of the same name, both are kept with their source and the more confident one is shown. A failure is noted on the
        call's timeline and changes nothing else. A data service's answer is not stored, unless `keep:` says so.
        """
