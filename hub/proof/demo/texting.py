"""The texts of the weeks: texts from people, texts to them, and the carriers' delivery reports."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from hub.config.models import CompanySection, Config
from hub.contracts.sandbox import CarrierSandbox
from hub.contracts.webhooks import WebhookRequest
from hub.errors import RingfenceError
from hub.model import TextMessage
from hub.model.purposes import Purpose
from hub.proof.demo.scenario import Story, name_of
from hub.proof.demo.tables import AREAS, COMMON, DAYS, KINDS, THREADS
from hub.startup.opening import Opened
from hub.texts.queue import picture_of, queue_text

STORIES_A_TEXT = 20
UNKNOWN = ("stop", "help")
"""Kinds of threads of people who have not called."""
LINES = range(191, 200)
"""Of each area code: people who write and do not call (555-0191 to 555-0199)."""
OPENS, CLOSES = 9, 17
"""The hours, in the company's time, in which a thread begins."""
ENDS_AGO = timedelta(hours=2)
"""The last thread began so long ago, or earlier."""
UNDELIVERED_EVERY = 12
"""One text in this many did not reach its phone, before the last weeks: an answer that was not delivered waits for somebody."""
TEXT_TIMEOUT_SECONDS = 10.0
"""Seconds within which the hub must process a text before the business answers it."""
PICTURE = (Path(__file__).parent / "pipe.png").read_bytes()
"""A pipe that drips."""


@dataclass(frozen=True)
class Line:
    """One text of a thread: `by` is `in` for the person's, else the purpose of ours."""

    by: str
    after: timedelta
    body: str


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One person and one company: what the person writes, and what the business answers."""

    at: datetime
    company: str
    carrier: str
    tracking_number: str
    person: str
    kind: str
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """Who writes."""
        return name_of(self.person)


def conversations(config: Config, stories: Sequence[Story], seed: int, until: datetime) -> list[Conversation]:
    """The conversations of the weeks before `until`, the oldest first. Pure: the same seed gives the same ones; one of each
    kind, and more with more stories. One that waits for an answer is the newest. Most people who write have called."""
    chance = random.Random(f"texts {seed}")  # noqa: S311 - a play, not a secret
    count = max(len(KINDS), len(stories) // STORIES_A_TEXT)
    kinds = [*KINDS, *(COMMON[index % len(COMMON)] for index in range(count - len(KINDS)))]
    chance.shuffle(kinds)
    callers = {each.caller: each for each in stories if each.caller and each.outcome == "answered" and not each.form}
    written: list[Conversation] = []
    for index, kind in enumerate(sorted(kinds, key=lambda each: each == "waiting")):
        company = config.companies[index % len(config.companies)]
        at = _begins(chance, ZoneInfo(company.time_zone), until, (count - 1 - index) / count)
        known = [number for number, each in callers.items() if each.company == company.name and each.at < at]
        conversation = _conversation(company, kind, at, index, known[-1] if known and kind not in UNKNOWN else None)
        if conversation is not None:
            callers.pop(conversation.person, None)
            written.append(conversation)
    return written


def _begins(chance: random.Random, zone: ZoneInfo, until: datetime, ago: float) -> datetime:
    """In the hours in which people write, this part of the weeks ago."""
    local = (until - ENDS_AGO - timedelta(days=DAYS - 1) * ago**1.5).astimezone(zone)
    hour = min(max(local.hour, OPENS), CLOSES) if local.date() < until.astimezone(zone).date() else local.hour
    begins: datetime = min(local.replace(hour=hour, minute=chance.randrange(60)), until - ENDS_AGO)
    return begins.astimezone(until.tzinfo)


def _conversation(
    company: CompanySection, kind: str, at: datetime, index: int, known: str | None
) -> Conversation | None:
    tracker = next((each for each in company.trackers if each.default and each.numbers), None)
    if tracker is None:
        return None
    areas = AREAS.get(company.name, AREAS["lakeside"])
    return Conversation(
        at=at,
        company=company.name,
        carrier=tracker.carrier,
        tracking_number=tracker.numbers[0],
        person=known or f"+1{areas[index // len(LINES) % len(areas)]}5550{LINES[index % len(LINES)]}",
        kind=kind,
        lines=tuple(Line(by, timedelta(minutes=minutes), body) for by, minutes, body in THREADS[kind]),
    )


class Texting:
    """Plays conversations through the carriers' sandboxes, and sends the hub status reports for the texts that they accepted.

    `post` sends a webhook over HTTP, and `fetch` gets content type and bytes of an address of the hub; `note` counts. While
    `all_arrive`, every text reaches its phone.
    """

    def __init__(
        self,
        opened: Opened,
        post: Callable[[WebhookRequest], object],
        note: Callable[[str], None],
        waiting: Callable[[], object],
        fetch: Callable[[str], tuple[str, bytes]],
        all_arrive: Callable[[], bool],
    ) -> None:
        self._opened, self._post, self._note, self._waiting, self._get = opened, post, note, waiting, fetch
        self._all_arrive = all_arrive
        self._address = str(opened.hub.config.hub.public_url).rstrip("/")
        self._reported: set[str] = set()

    def say(self, conversation: Conversation, line: Line) -> None:
        """The person writes, or the business does."""
        pictured = conversation.kind == "picture" and line.after < timedelta(minutes=10)
        if line.by != "in":
            self._answer(conversation, line, pictured)
            return
        carrier = self._opened.sandboxes.of(conversation.carrier)
        assert isinstance(carrier, CarrierSandbox)
        request = carrier.message_webhook(
            conversation.person,
            conversation.tracking_number,
            line.body,
            self._webhooks(conversation.carrier),
            (PICTURE,) if pictured else (),
        )
        self._post(request)
        self._note("texts written to us")
        self._known(conversation)

    def _answer(self, conversation: Conversation, line: Line, pictured: bool) -> None:
        hub, place = self._opened.hub, self._opened.directory.latest.lines[conversation.tracking_number]
        pictures = [picture_of(PICTURE)] if pictured else []
        purpose = cast("Purpose", line.by)
        with hub.store.writing() as session:
            queue_text(session, hub, place, conversation.person, line.body, purpose, pictures=pictures)
        if pictures:
            self._note("pictures sent")

    def tell(self) -> bool:
        """Send the status of each text that a carrier accepted and has not reported yet; whether there was one."""
        reported = len(self._reported)
        for name, carrier in carriers(self._opened):
            for text in carrier.texts():
                reference = text["reference"]
                if reference in self._reported:
                    continue
                self._reported.add(reference)
                for address in text.get("media", "").split():
                    self._note(
                        "pictures fetched" if self._get(address) == ("image/png", PICTURE) else "pictures not found"
                    )
                is_lost = len(self._reported) % UNDELIVERED_EVERY == 0 and not self._all_arrive()
                ending: Literal["delivered", "failed"] = "failed" if is_lost else "delivered"
                self._post(carrier.text_status_webhook(reference, ending, self._webhooks(name)))
        return len(self._reported) > reported

    def _webhooks(self, carrier: str) -> str:
        return f"{self._address}/webhooks/{carrier}"

    def _known(self, conversation: Conversation) -> None:
        """Wait until the hub has processed a text of the person."""
        wanted = select(TextMessage.id).where(
            TextMessage.person_number == conversation.person,
            TextMessage.tracking_number == conversation.tracking_number,
            col(TextMessage.direction) == "in",
        )
        until = time.monotonic() + TEXT_TIMEOUT_SECONDS
        while time.monotonic() < until:
            with self._opened.hub.store.reading() as session:
                if session.exec(wanted).first() is not None:
                    return
            self._waiting()
        raise RingfenceError("The hub did not receive a text in time.")


def carriers(opened: Opened) -> Sequence[tuple[str, CarrierSandbox]]:
    """The running carrier sandboxes by their connectors' names."""
    stand_ins: list[tuple[str, object]] = [(name, opened.sandboxes.of(name)) for name in opened.sandboxes]
    return [(name, each) for name, each in stand_ins if isinstance(each, CarrierSandbox)]
