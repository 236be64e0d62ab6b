"""One party of a call: its leg, what is reported of it, and what it can be made to hear."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from xml.etree import ElementTree

from plugins.carriers.sip.engine.interface import Leg, LegEnded
from plugins.carriers.sip.gateway.fields import Fields, now, stamp
from plugins.carriers.sip.gateway.journal import answered
from plugins.carriers.sip.gateway.parts import Over, Parts

Result = TypeVar("Result")


class Party:
    """A leg that follows documents. `number` is the tracking number of the call."""

    def __init__(self, parts: Parts, leg: Leg, sid: str, number: str, fields: Fields) -> None:
        self.parts, self.leg, self.sid, self.number = parts, leg, sid, number
        self._fields = fields
        self.alone = False
        """Whether a document was repeated because the hub was away. Nothing is recorded then, as no notice was heard."""

    def fields(self, status: str | None = None) -> Fields:
        """The fields of every webhook about the leg."""
        now_status = "completed" if self.leg.ended.done() else "in-progress"
        return {**self._fields, "CallStatus": status or now_status, "Timestamp": stamp(now())}

    async def until_over(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for `work`; Over as soon as the party is gone, and the work is cancelled."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task, self.leg.ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if task.cancelled():
            raise Over
        try:
            return task.result()
        except LegEnded:
            raise Over from None

    async def answer(self) -> None:
        """Answer the party, and keep when: if this process dies, its successor reports how long the call lasted."""
        was_answered = self.leg.answered
        await self.until_over(self.leg.answer())
        if not was_answered:
            await self.parts.journal.write(*answered(self.sid, stamp(now()), self.leg))

    def prepare(self, response: ElementTree.Element) -> None:
        """Begin to make all that a document lets be heard, so that a later text is ready when the first has been said."""
        for verb in response.iter():
            if verb.tag in ("Say", "Play"):
                self.beside(self.sound(verb))

    def beside(self, work: Coroutine[Any, Any, Any]) -> None:
        """Prepare something that nobody waits for yet."""
        made = asyncio.ensure_future(work)
        self.parts.preparing.add(made)
        made.add_done_callback(self.parts.preparing.discard)

    async def sound(self, verb: ElementTree.Element) -> bytes:
        """The sound of a `<Say>` or `<Play>`."""
        prompts, text = self.parts.prompts, (verb.text or "").strip()
        return await (prompts.played(text) if verb.tag == "Play" else prompts.said(text, verb.get("language")))
