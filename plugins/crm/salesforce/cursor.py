"""The reading position in changed opportunities: a place in the order of (SystemModstamp, Id), and the recently read deals.

SystemModstamp is set when a transaction writes but visible only after the commit. So a deal may appear before the place
that was already read, or in the same second. After each complete reading the place is therefore set back to `OVERLAP`
before its first page, and the deals since then are stored so that none is reported twice. Only Salesforce's own clock
is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import Rejected

OVERLAP = timedelta(minutes=5)
MAX_DEALS_REMEMBERED = 1000
"""Most deals that a cursor stores. If a bulk change touches more of them, the overlap shrinks to this many."""

Place = tuple[datetime, str]
"""A stamp and an id; the empty id comes before all deals of that stamp."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Read on after `place`; never set back before `floor`. `read` holds recent deals and the stamp they were read with.

    `begun` is the newest stamp known after the first page of an incomplete reading.
    """

    place: Place | None = None
    floor: Place | None = None
    read: Mapping[str, datetime] = field(default_factory=dict)
    begun: datetime | None = None

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """Parse a cursor that `str()` wrote; None is the beginning. Raises `Rejected` for anything else."""
        if text is None:
            return cls()
        try:
            held = json.loads(text)
            read = {_id(key): _instant(stamp) for stamp, ids in held["read"].items() for key in ids}
            begun = _instant(held["begun"]) if held.get("begun") else None
            return cls(place=_place(held["place"]), floor=_place(held["floor"]), read=read, begun=begun)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Rejected(
                "The stored cursor is not one of Salesforce's; reset it to read from the beginning."
            ) from error

    def __str__(self) -> str:
        read: dict[str, list[str]] = {}
        for key, stamp in self.read.items():
            read.setdefault(stamp.isoformat(), []).append(key)
        place, floor = ([at[0].isoformat(), at[1]] if at else None for at in (self.place, self.floor))
        begun = self.begun.isoformat() if self.begun else None
        return json.dumps({"place": place, "floor": floor, "read": read, "begun": begun}, separators=(",", ":"))

    def condition(self) -> str | None:
        """The SOQL condition for deals after this place; None at the beginning."""
        if self.place is None:
            return None
        at, key = self.place
        stamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
        if not key:
            return f"SystemModstamp >= {stamp}"
        return f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{key}'))"

    def is_news(self, key: str, stamp: datetime) -> bool:
        """Whether the deal's present version was not yet read."""
        return self.read.get(key) != stamp

    def after(self, rows: Sequence[tuple[str, datetime]], complete: bool) -> Cursor:
        """The cursor after `rows` (id and stamp, in order); `complete` if no more rows follow them now."""
        known = {**self.read, **dict(rows)}
        if not known:
            return self
        begun = self.begun or max(known.values())
        horizon = begun - OVERLAP
        order = sorted((stamp, key) for key, stamp in known.items() if stamp >= horizon)
        floors = [self.floor] if self.floor else []
        if len(order) > MAX_DEALS_REMEMBERED:
            floors.append(order[-MAX_DEALS_REMEMBERED - 1])
        read = {key: stamp for stamp, key in order[-MAX_DEALS_REMEMBERED:]}
        if not complete:
            place = (rows[-1][1], rows[-1][0]) if rows else self.place
            return Cursor(place=place, floor=max(floors, default=None), read=read, begun=begun)
        start = max([*floors, (horizon, "")])
        return Cursor(place=start, floor=start, read=read)


def _id(text: Any) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{0,18}", text):
        raise ValueError("not an id of Salesforce's")
    return str(text)


def _place(held: Any) -> Place | None:
    return (_instant(held[0]), _id(held[1])) if held is not None else None


def _instant(text: str) -> datetime:
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is None:
        raise ValueError("a stamp without a zone")
    return stamp
