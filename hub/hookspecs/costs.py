"""The hook with which a plugin reports what advertising cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.costs import Cost, Days
from hub.hookspecs.markers import hookspec


class CostHooks(Protocol):
    """Costs: ad networks that report what campaigns cost."""

    @hookspec(network=True, deadline=60, scheduled=True)
    def pull_costs(self, days: Days) -> Sequence[Cost]:
        """Everything that the account's ads cost on these days, at most 30; no row for what cost nothing.

        Called on the connector's schedule, at most every three hours: for the last days, once a day for the last 30 because
        networks correct their figures, and the first time for the last 90. The rows replace all earlier rows of these days,
        so return all or raise; never a part. Raise `NotSupported` if the account's access does not include reports: the hub
        shows the sentence once and asks again after a day, and nothing else of the connector stops.
        """
