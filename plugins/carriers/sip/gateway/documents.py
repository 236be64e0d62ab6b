"""Documents that the gateway repeats while the hub is away: what the hub said last at the same point, without any recording.

A point is a number, a moment, the mark of the instruction that waited, and what was pressed or whether somebody answered. A
document from the same hour of the week is preferred, so that opening hours hold; else the newest one counts.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from plugins.carriers.sip.gateway.fields import now, stamp
from plugins.carriers.sip.gateway.journal import Journal
from plugins.carriers.sip.translate import NOTICE

UNASKED = "Unasked"
"""The verb in the place of a question about recording that is not asked; its text is where the answer would have gone."""
TYPED = "typed"
OTHERWISE = "otherwise"
"""How a conversation that broke off goes on."""
_AFTER_PIN = re.compile(r"\bmark=\d+\.[a-z0-9_-]+\.\d+\.o\.")
"""The mark of a call whose caller knew a PIN."""
MAX_KNOWN = 10_000
HOURS_OF_WEEK = 24 * 7
KEPT_MOMENTS = frozenset({"voice", "dial", "digits", "voicemail", "conversed"})
"""What an answering person hears names the source of one call, so it is never repeated in another."""


class Documents:
    """The documents, by point and hour of the week."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._known: OrderedDict[tuple[str, int], tuple[bytes, date]] = OrderedDict()
        """The hashes of what was written last, so that it is not written at each call."""

    async def keep(self, url: str, fields: Mapping[str, str], document: str) -> None:
        """Keep what the hub said; written once a day, and if it is new. What turns one caller away is not for the next one."""
        point, hour = point_of(url, fields), hour_of_week(now())
        kept = hashlib.sha256(document.encode()).digest(), now().date()
        if point and self._known.get((point, hour)) != kept and not _is_of_one_caller(document):
            self._known[point, hour] = kept
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
            row = (point, hour, document, stamp(now()))
            await self._journal.write(("insert or replace into document values (?, ?, ?, ?)", row))

    async def repeated(self, url: str, fields: Mapping[str, str]) -> str | None:
        """What the hub said at this point, without recording; None if it never was asked here. After a key that nobody has
        pressed before, what it said after another one: a caller reaches somebody rather than nobody."""
        point = point_of(url, fields)
        same = f"{point.rpartition(' ')[0]} %" if point.startswith(("digits ", "conversed ")) else point
        rows = await self._journal.read(
            "select body from document where point = ?1 or point like ?2 "
            "order by point = ?1 desc, hour = ?3 desc, at desc limit 1",
            point,
            same,
            hour_of_week(now()),
        )
        return without_recording(rows[0]["body"]) if rows and point else None


def _is_of_one_caller(document: str) -> bool:
    """Whether it turns a caller away, or plays messages to one who knew the PIN."""
    if _AFTER_PIN.search(document):
        return True
    try:
        first = next(iter(ElementTree.fromstring(document)), None)  # noqa: S314 - from the hub, with its secret
    except ElementTree.ParseError:
        return True
    return first is None or first.tag == "Reject"


def point_of(url: str, fields: Mapping[str, str]) -> str:
    """The name of a point; blank for one whose document is not repeated."""
    parts = urlsplit(url)
    moment, carried = parts.path.rpartition("/")[2], parse_qs(parts.query)
    if moment not in KEPT_MOMENTS:
        return ""
    number = carried.get("tracking_number", [fields.get("To", "")])[0]
    mark = carried.get("mark", [""])[0]
    happened = fields.get("Digits", "") if moment == "digits" else ""
    if len(happened) > 1:  # a PIN, a ZIP code or an extension: it is not kept, and one stands for all
        happened = TYPED
    if moment == "conversed":
        happened = fields.get("HandoffData", "") or OTHERWISE
    if moment == "dial":
        happened = "answered" if fields.get("DialCallStatus") == "completed" else "unanswered"
    return " ".join((moment, number, mark, happened))


def hour_of_week(at: datetime) -> int:
    """0 for the first hour of Monday (UTC)."""
    return (at.weekday() * 24 + at.hour) % HOURS_OF_WEEK


def without_recording(document: str) -> str | None:
    """The same document: no conversation is recorded, and nothing is said or asked about recording. A question about it alone
    is left out, as if the caller had not answered; an assistant with its opening too, as if it had broken off."""
    try:
        response = ElementTree.fromstring(document)  # noqa: S314 - the hub signed nothing, but the channel is its own
    except ElementTree.ParseError:
        return None
    before: ElementTree.Element | None = None
    for verb in list(response):
        prompts = list(verb) if verb.tag == "Gather" else []
        if verb.get(NOTICE):
            response.remove(verb)
        elif prompts and all(prompt.get(NOTICE) for prompt in prompts):
            response.remove(verb)
            ElementTree.SubElement(response, UNASKED).text = verb.get("action", "")
        elif verb.tag == "Connect":
            response.remove(verb)
            if before is not None and before.tag == "Say":
                response.remove(before)
            ElementTree.SubElement(response, "Redirect").text = verb.get("action", "")
        elif verb.tag == "Dial":
            for name in ("record", "recordingStatusCallback"):
                verb.attrib.pop(name, None)
        before = verb if verb in response else before
    return ElementTree.tostring(response, encoding="unicode")
