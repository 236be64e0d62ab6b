"""Reports on their way to the hub: on disk first, then sent in their order, for as long as the hub is away."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping

import structlog

from plugins.carriers.sip.engine.repeating import again
from plugins.carriers.sip.gateway.hub_client import HubClient
from plugins.carriers.sip.gateway.journal import Change, Journal, insert

log = structlog.get_logger(__name__)
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0
"""Seconds until the hub is tried again: the wait doubles."""
MAX_REFUSED = 3
"""After so many refusals in a row it is the hub that takes nothing, and not the reports."""


class Spool:
    """Keeps reports and sends them."""

    def __init__(self, journal: Journal, hub: HubClient) -> None:
        self._journal, self._hub = journal, hub
        self._more = asyncio.Event()
        self.waiting = 0
        """Reports that the hub has not taken yet."""

    async def put(self, url: str, fields: Mapping[str, str], *changes: Change) -> None:
        """Keep a report; it is on disk, with the `changes` that it is about, when this returns. Without a `url` nobody wants
        it, and only the changes are made."""
        await self.put_all([(url, fields)] if url else [], *changes)

    async def put_all(self, reports: list[tuple[str, Mapping[str, str]]], *changes: Change) -> None:
        """Keep several reports."""
        kept = [insert("report", {"url": url, "form": json.dumps(self._hub.form(dict(form)))}) for url, form in reports]
        await self._journal.write(*changes, *kept)
        self.waiting += len(reports)
        self._more.set()

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until the hub has answered a question."""
        self._hub.answered.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hub.answered.wait(), seconds)

    async def run(self) -> None:
        """Send until cancelled. A report that the hub refuses keeps no other from it: it is sent again after them."""
        self.waiting = (await self._journal.read("select count(*) as n from report"))[0]["n"]
        await again("reports", FIRST_WAIT, self._send)

    async def _send(self) -> None:
        wait, last, refused = FIRST_WAIT, 0, 0
        while True:
            self._more.clear()
            rows = await self._journal.read("select id, url, form from report where id > ? order by id limit 50", last)
            for row in rows:
                taken = await self._hub.report(row["url"], json.loads(row["form"]))
                if taken:
                    await self._journal.write(("delete from report where id = ?", (row["id"],)))
                    self.waiting, wait, refused = max(0, self.waiting - 1), FIRST_WAIT, min(refused, 1)
                elif taken is None or refused >= MAX_REFUSED:
                    await self._pause(wait)
                    wait = min(2 * wait, LONGEST_WAIT)
                if taken is None:
                    break
                last, refused = row["id"], refused + (not taken)
            if not rows:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._more.wait(), LONGEST_WAIT if refused else None)
                    continue
                last = refused = 0
