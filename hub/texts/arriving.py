"""Stores an incoming text exactly once and acts on what it asks for, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from hub.contracts.events import Event, MessageEvent
from hub.contracts.phones import e164
from hub.model import TextMedia, TextMessage
from hub.model.columns import MESSAGE_RETENTION, new_id, storable
from hub.model.purposes import LISTED_USES, SERVICE, TEXT_USES, Purpose
from hub.model.states import RefusalSource
from hub.numbers.directory import Directory, Line
from hub.platform.scrubbing import without_cards
from hub.runtime import Hub
from hub.store.rows import write_rows
from hub.texts.automatic import answer_automatically
from hub.texts.bodies import seal_body
from hub.texts.doubts import confirms_stop, is_open, may_be_stop, queue_doubt, refused_by
from hub.texts.queue import CannotText, queue_text
from hub.texts.settings import settings_of
from hub.texts.spending import may_text
from hub.texts.suppression import is_suppressed, number_lock_key, start, stop
from hub.texts.wording import HELP, STARTED, STOP_QUESTION, STOPPED, sentence
from hub.texts.words import Reading, read, says_yes

MAX_PICTURES_RECEIVED = 20
ANSWER_WITHIN = timedelta(minutes=5)
"""A stop is confirmed, and a question about a doubtful text is sent, within this time or never. Source: 47 CFR
64.1200(a)(12).
"""
HELP_INTERVAL = timedelta(hours=1)
"""HELP is answered at most this often per person, so that two machines that answer each other stop."""


def person_lock_keys(directory: Directory, events: Iterable[Event]) -> set[str]:
    """The locks to hold while `events` are processed: one for each person who says stop in them, or may be saying it."""
    return {
        number_lock_key(line.company.id, number)
        for event in events
        if isinstance(event, MessageEvent)
        if _may_stop(event)
        if (line := directory.line(event.tracking_number, event.at)) and (number := e164(event.sender_number))
    }


def _may_stop(event: MessageEvent) -> bool:
    reading = _reading(event)
    return reading.meaning == "stop" or reading.how in ("doubtful", "refusal") or says_yes(event.body)


def keep_text(
    session: Session, hub: Hub, directory: Directory, connector: str, event: MessageEvent, now: datetime
) -> None:
    """Store one text. A repeat of the same text changes nothing."""
    line = directory.line(event.tracking_number, event.at)
    number = e164(event.sender_number)
    known = (TextMessage.connector == connector, TextMessage.carrier_message_id == event.message_id)
    if session.exec(select(TextMessage.id).where(*known)).first() is not None:
        return
    text_id, reading = new_id(), _reading(event)
    company_id = line.company.id if line else None
    doubtful = asked_before = False
    if company_id is not None and number is not None:
        if confirms_stop(session, company_id, number, event.body):
            reading = Reading("stop", reading.language, "wording")
        asked_before = is_open(session, company_id, number, about_texts=True)
        doubtful = may_be_stop(session, hub, company_id, number, reading)
    text = TextMessage(
        id=text_id,
        connector=connector,
        carrier_message_id=event.message_id,
        company_id=company_id,
        tracker_id=line.tracker.id if line else None,
        tracking_number=event.tracking_number,
        person_number=number,
        meaning=reading.meaning,
        body=seal_body(hub.vault, session, company_id, number, text_id, storable(without_cards(event.body))),
        at=event.at,
        due_at=now,
        expires_at=event.at + MESSAGE_RETENTION,
    )
    write_rows(session, TextMessage, [text])
    if session.exec(select(TextMessage.id).where(*known)).one() != text_id:
        return  # another worker stored it first
    write_rows(session, TextMedia, _media(text, event.media_urls, now))
    if line is not None and number is not None:
        arrived = _Arrived(session, hub, directory, line, number, text, reading, now)
        if doubtful:
            theirs: dict[str, Any] = {"company_id": line.company.id, "subject_id": text_id, "number": number}
            refused = refused_by(reading.channels)
            queue_doubt(session, hub, RefusalSource.TEXT, text_id, **theirs, refused=refused, at=event.at, now=now)
            if refused != "calls" and not asked_before:
                arrived.ask()
            return
        arrived.react(carrier_answered=event.opt_word is not None)


def _reading(event: MessageEvent) -> Reading:
    """The hub's reading, unless the carrier classified the text. A stop seen by either of them counts."""
    own = read(event.body)
    if event.opt_word is None or own.meaning == "stop":
        return own
    return Reading(event.opt_word, own.language, "word")


@dataclass(frozen=True)
class _Arrived:
    """A text of a person to a company's number, and what it says."""

    session: Session
    hub: Hub
    directory: Directory
    line: Line
    number: str
    text: TextMessage
    reading: Reading
    now: datetime

    def react(self, *, carrier_answered: bool) -> None:
        """Do what it asks for."""
        session, hub, line, number, text = self.session, self.hub, self.line, self.number, self.text
        said = {"channel": "sms", "evidence": text.id, "at": text.at, "now": self.now}
        settings, meaning = settings_of(hub.config, line), self.reading.meaning
        if meaning == "stop":
            uses = LISTED_USES if "calls" in self.reading.channels else TEXT_USES
            is_new = not is_suppressed(session, hub, line.company.id, number, SERVICE)
            stop(session, hub, line.company.id, number, uses=uses, **said)  # type: ignore[arg-type]
            if is_new and not carrier_answered:
                self._answer(STOPPED, "opt_out_confirmation")
        elif meaning == "start" and start(session, hub, line.company.id, number, **said):  # type: ignore[arg-type]
            if not carrier_answered:
                self._answer(STARTED, "opt_in_confirmation")
        elif meaning == "help":
            if not carrier_answered and not self._helped_lately():
                self._answer(HELP, "help", contact=(settings.contact or line.number.number).rstrip(" ."))
        elif settings.auto_reply:
            answer_automatically(session, hub, self.directory, line, number, settings.auto_reply, "auto_reply")

    def ask(self) -> None:
        """Ask what a doubtful text means. Not sent to a person who has stopped any texts, nor about an old text."""
        company = self.line.company.id
        if self.now - self.text.at <= ANSWER_WITHIN and not any(
            is_suppressed(self.session, self.hub, company, self.number, use) for use in TEXT_USES
        ):
            self._answer(STOP_QUESTION, "stop_question")

    def _answer(self, wording: Mapping[str, str], purpose: Purpose, **words: str) -> None:
        """Answer from the number that the person wrote to, one time. A number that cannot be texted gets no answer, and no
        limit keeps back what confirms a stop."""
        session, hub, line, number, language = self.session, self.hub, self.line, self.number, self.reading.language
        if purpose != "opt_out_confirmation" and not may_text(
            session, hub, self.directory, line.company, number, purpose
        ):
            return
        language = settings_of(hub.config, line).language if language == "en" else language
        body = sentence(wording, language, company=line.company.title, **words)
        with suppress(CannotText):
            queue_text(session, hub, line, number, body, purpose, key=f"{purpose}/{self.text.id}")

    def _helped_lately(self) -> bool:
        lately = select(TextMessage.id).where(
            TextMessage.company_id == self.line.company.id,
            TextMessage.person_number == self.number,
            TextMessage.purpose == "help",
            col(TextMessage.at) > self.now - HELP_INTERVAL,
        )
        return self.session.exec(lately).first() is not None


def _media(text: TextMessage, urls: Sequence[str], now: datetime) -> list[TextMedia]:
    return [
        TextMedia(
            text_id=text.id, position=position, url=storable(url), due_at=now, expires_at=text.at + MESSAGE_RETENTION
        )
        for position, url in enumerate(urls[:MAX_PICTURES_RECEIVED])
    ]
