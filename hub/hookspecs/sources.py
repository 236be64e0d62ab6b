"""The hook with which a plugin lists the marks of its provider's links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.sources import KnownSource
from hub.hookspecs.markers import hookspec


class SourceHooks(Protocol):
    """Sources: every plugin whose provider marks the links that it sends people through."""

    @hookspec(network=False, deadline=1, scheduled=False)
    def list_sources(self) -> Sequence[KnownSource]:
        """Values in a visit's address that show its source, such as the `utm_source` of the provider's e-mails.

        Called once at start, for the companies that the connector serves, and by `hub sources list` and `test`; a visitor
        never waits for it. A company's own rules are asked first, then these, in the order of config.yaml, then the
        built-in tables; the trace names the connector. Return values in their normal form, without duplicates, from the
        plugin's own files and settings: no network. An invalid value is left out and logged; an error leaves out all.
        """
