"""A carrier's list of texts as events with the same meaning as its webhooks, so that both give the same text.

Source: twilio.com/docs/messaging/api/message-resource and /media-resource, whose fields other carriers adopted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.contracts.events import MessageEvent
from hub.contracts.phones import phone_number
from hub.contracts.services import Log
from hub.contracts.texts import TextListQuery
from hub.errors import BadPayload
from hub.protocols.twiml.words import identifier, moment

Item = Mapping[str, Any]
MAX_READ = 300
"""Maximum count of texts of one look: each may need a request for its pictures."""


@dataclass(frozen=True, slots=True)
class TextListReader:
    """How one carrier writes its list of texts."""

    carrier: str
    text_id_form: re.Pattern[str]
    pictures: Callable[[str], Sequence[str]]
    """The addresses of the pictures of a text, by its id; asked only for a text that has some."""
    log: Log

    def events(self, items: Iterable[Item], query: TextListQuery) -> list[MessageEvent]:
        """The received texts that `query` asks for, oldest first. A text that cannot be read does not hide the others."""
        numbers, known = set(query.tracking_numbers), set(query.known)
        wanted: list[tuple[datetime, Item]] = []
        unreadable = 0
        for item in items:
            if item.get("direction") != "inbound" or item.get("to") not in numbers or item.get("sid") in known:
                continue
            try:
                at = moment(item.get("date_sent") or item.get("date_created"), "date_sent")
            except BadPayload:
                unreadable += 1
                continue
            if at >= query.since.replace(microsecond=0):
                wanted.append((at, item))
        found = []
        for at, item in sorted(wanted, key=lambda one: one[0])[:MAX_READ]:
            try:
                found.append(self._text(item, at))
            except BadPayload:
                unreadable += 1
        if unreadable:
            self.log.warning(f"{self.carrier}'s list of texts could not be read in part", texts=unreadable)
        return found

    def _text(self, item: Item, at: datetime) -> MessageEvent:
        text_id = identifier(self.text_id_form, item.get("sid"), "sid")
        has_pictures = str(item.get("num_media") or "0") != "0"
        return MessageEvent(
            message_id=text_id,
            at=at,
            tracking_number=str(item.get("to")),
            sender_number=phone_number(str(item.get("from") or "")),
            body=str(item.get("body") or "").replace("\x00", ""),
            media_urls=tuple(self.pictures(text_id)) if has_pictures else (),
        )
