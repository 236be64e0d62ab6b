"""The texts of the day: texts from people, texts to them, and the carriers' delivery reports."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import httpx
from sqlmodel import col, select

from hub.config.models import CompanySection, Config
from hub.contracts.sandbox import CarrierSandbox
from hub.contracts.webhooks import WebhookRequest
from hub.errors import PluginFailure, RingfenceError
from hub.model import TextMessage
from hub.model.purposes import Purpose
from hub.proof.demo.scenario import HOME_AREAS
from hub.startup.opening import Opened
from hub.texts.queue import picture_of, queue_text

Kind = Literal["question", "picture", "stop", "help", "advertisement"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CALLS_A_TEXT = 20
LINES = range(192, 200)
"""Of each area code: people who write and do not call (555-0192 to 555-0199)."""
UNDELIVERED_EVERY = 6
"""One text in this many does not reach its phone."""
TEXT_TIMEOUT_SECONDS = 10.0
"""Seconds within which the hub must process a text before the business answers it."""
QUESTIONS = ("Do you also come on Saturdays?", "How much is a new water heater?", "Can you look at my sink today?")
ANSWERS = ("Yes, we do. Would you like a call?", "Yes, this afternoon. Does 3 pm work for you?")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63600000000200015e0af6d80000000049454e44ae426082"
)
"""A PNG picture of one gray pixel."""


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One person and one company: what the person writes, and what the business answers."""

    company: str
    carrier: str
    tracking_number: str
    person: str
    kind: Kind
    says: str
    hears: tuple[str, Purpose] | None
    """The answer of the business and its purpose; None if only the hub answers."""


def conversations(config: Config, calls: int, seed: int) -> list[Conversation]:
    """The conversations of one day. Pure: the same seed gives the same ones; one of each kind, and more on longer days."""
    chance = random.Random(f"texts {seed}")  # noqa: S311 - a play, not a secret
    written: list[Conversation] = []
    for index in range(max(len(KINDS), calls // CALLS_A_TEXT)):
        company = config.companies[index % len(config.companies)]
        kind = KINDS[index % len(KINDS)]
        conversation = _conversation(company, kind, chance, index)
        if conversation is not None:
            written.append(conversation)
    return written


def _conversation(company: CompanySection, kind: Kind, chance: random.Random, index: int) -> Conversation | None:
    tracker = next((each for each in company.trackers if each.default and each.numbers), None)
    if tracker is None:
        return None
    areas = HOME_AREAS.get(company.name, ("312",))
    person = f"+1{areas[index // len(LINES) % len(areas)]}5550{LINES[index % len(LINES)]}"
    says: dict[Kind, str] = {
        "question": chance.choice(QUESTIONS),
        "picture": "This is what the pipe looks like.",
        "stop": "STOP",
        "help": "HELP",
        "advertisement": "Thank you, that was quick.",
    }
    answer: tuple[str, Purpose] = (chance.choice(ANSWERS), "reply")
    hears: dict[Kind, tuple[str, Purpose] | None] = {
        "question": answer,
        "picture": answer,
        "stop": ("We have your spare part now.", "service"),
        "help": None,
        "advertisement": ("This week only: drains cleaned for 99 USD.", "marketing"),
    }
    return Conversation(
        company=company.name,
        carrier=tracker.carrier,
        tracking_number=tracker.numbers[0],
        person=person,
        kind=kind,
        says=says[kind],
        hears=hears[kind],
    )


class Texting:
    """Plays conversations through the carriers' sandboxes, and sends the hub status reports for the texts that they accepted.

    `post` sends a webhook over HTTP; `note` counts.
    """

    def __init__(
        self, opened: Opened, address: str, post: Callable[[WebhookRequest], object], note: Callable[[str], None]
    ) -> None:
        self._opened, self._address, self._post, self._note = opened, address.rstrip("/"), post, note
        self._told: set[str] = set()

    def play(self, conversation: Conversation) -> None:
        """The person writes; the business answers as soon as the hub has processed the text."""
        carrier = self._opened.sandboxes.of(conversation.carrier)
        assert isinstance(carrier, CarrierSandbox)
        media = (PIXEL,) if conversation.kind == "picture" else ()
        request = carrier.message_webhook(
            conversation.person,
            conversation.tracking_number,
            conversation.says,
            self._webhooks(conversation.carrier),
            media,
        )
        self._post(request)
        self._note("texts written to us")
        if conversation.hears is None or not self._known(conversation):
            return
        hub, line = self._opened.hub, self._opened.directory.latest.lines[conversation.tracking_number]
        body, purpose = conversation.hears
        pictures = [picture_of(PIXEL)] if conversation.kind == "picture" else []
        with hub.store.writing() as session:
            queue_text(session, hub, line, conversation.person, body, purpose, pictures=pictures)
        if pictures:
            self._note("pictures sent")

    def tell(self) -> None:
        """Send the status of each text that a carrier accepted and has not reported yet."""
        for name, carrier in carriers(self._opened):
            for text in carrier.texts():
                reference = text["reference"]
                if reference in self._told:
                    continue
                self._told.add(reference)
                if text.get("media"):
                    self._fetch(carrier, reference)
                ending: Literal["delivered", "failed"] = (
                    "failed" if len(self._told) % UNDELIVERED_EVERY == 0 else "delivered"
                )
                self._post(carrier.text_status_webhook(reference, ending, self._webhooks(name)))

    def _fetch(self, carrier: CarrierSandbox, reference: str) -> None:
        """Let the carrier fetch the pictures of a text."""
        try:
            found = carrier.fetch_pictures(reference)
        except (LookupError, httpx.HTTPError, PluginFailure):
            self._note("pictures not found")
            return
        for picture in found:
            self._note("pictures fetched" if picture == ("image/png", PIXEL) else "pictures not found")

    def _webhooks(self, carrier: str) -> str:
        return f"{self._address}/webhooks/{carrier}"

    def _known(self, conversation: Conversation) -> bool:
        wanted = select(TextMessage.id).where(
            TextMessage.person_number == conversation.person,
            TextMessage.tracking_number == conversation.tracking_number,
            col(TextMessage.direction) == "in",
        )
        until = time.monotonic() + TEXT_TIMEOUT_SECONDS
        while time.monotonic() < until:
            with self._opened.hub.store.reading() as session:
                if session.exec(wanted).first() is not None:
                    return True
            time.sleep(0.05)
        raise RingfenceError("The hub did not receive a text in time.")


def carriers(opened: Opened) -> Sequence[tuple[str, CarrierSandbox]]:
    """The running carrier sandboxes by their connectors' names."""
    stand_ins: list[tuple[str, object]] = [(name, opened.sandboxes.of(name)) for name in opened.sandboxes]
    return [(name, each) for name, each in stand_ins if isinstance(each, CarrierSandbox)]
