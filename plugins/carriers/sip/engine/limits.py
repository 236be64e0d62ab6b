"""What outgoing calls may be made: whereto, how many call backs at once and a day, and for how many minutes a day.

Toll fraud is a loss without a ceiling, so every cap is checked before an INVITE is sent, and a running call counts with the
minutes it has used so far. Calls that came in are forwarded whatever was used; only their minutes are counted. No call is ended
by a cap. The day's counts survive a restart in a small file; a day is one in the time zone of the settings.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers

from plugins.carriers.sip.engine.interface import NotAllowed
from plugins.carriers.sip.engine.settings import Caps

_PREMIUM = {
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.SHARED_COST,
}
FORWARDS, CALL_BACKS, ABROAD = "forwards", "call_backs", "abroad"


@dataclass
class Day:
    """What was used on one day, by what the calls are for. A call back counts when it is placed, the minutes of any call
    (begun ones) when it ends."""

    date: str
    call_backs: int = 0
    minutes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Running:
    kinds: tuple[str, ...]
    second: bool = False
    answered: datetime | None = None


class Meter:
    """The caps and the day's counts. `now` is the time in UTC; without a `file` the counts are kept in memory only."""

    def __init__(self, caps: Caps, now: Callable[[], datetime], file: Path | None = None) -> None:
        """Take up the counts of today, if the file has them."""
        self._caps, self._now, self._file = caps, now, file
        self._zone = ZoneInfo(caps.time_zone)
        self._running: dict[str, _Running] = {}
        self._day = _read(file) or Day("")

    def begin(self, call: str, number: str, *, forward: bool = False, second: bool = False) -> None:
        """Count a call that is about to be placed; a `forward` takes a call that came in to a phone, and a `second` leg
        connects a call back that is under way. Raises `NotAllowed`, and counts nothing then."""
        check_country(number, self._caps.countries)
        day, caps = self._today(), self._caps
        kinds = (FORWARDS if forward else CALL_BACKS, *((ABROAD,) if _is_abroad(number, caps.home) else ()))
        new = not forward and not second
        if new:
            if self._call_backs() >= caps.call_backs_at_once:
                raise NotAllowed("As many call backs are under way as the limits allow at once.", "concurrent")
            if day.call_backs >= caps.call_backs_per_day:
                raise NotAllowed("As many call backs were placed today as the limits allow.", "daily")
        for kind in kinds:
            if (new or kind == ABROAD) and self._minutes(kind) + 1 > caps.minutes[kind]:
                raise NotAllowed(f"The minutes that the limits allow a day for {WORDS[kind]} are used up.", kind)
        self._running[call] = _Running(kinds, second)
        if new:
            day.call_backs += 1
            self._save()

    def answered(self, call: str) -> None:
        """From now on the call costs."""
        if call in self._running:
            self._running[call] = replace(self._running[call], answered=self._now())

    def end(self, call: str) -> None:
        """The call is over; harmless again."""
        over = self._running.pop(call, None)
        if over is not None and over.answered is not None:
            minutes = self._today().minutes
            for kind in over.kinds:
                minutes[kind] = minutes.get(kind, 0) + _begun(over.answered, self._now())
            self._save()

    def used(self) -> Mapping[str, tuple[int, int]]:
        """By what calls are for: the minutes of today so far, and the cap."""
        return {kind: (self._minutes(kind), self._caps.minutes[kind]) for kind in WORDS}

    def _call_backs(self) -> int:
        return sum(CALL_BACKS in each.kinds and not each.second for each in self._running.values())

    def _minutes(self, kind: str) -> int:
        now = self._now()
        mine: Iterable[_Running] = (each for each in self._running.values() if kind in each.kinds)
        under_way = sum(_begun(each.answered, now) if each.answered else kind != FORWARDS for each in mine)
        return self._today().minutes.get(kind, 0) + under_way

    def _today(self) -> Day:
        date = self._now().astimezone(self._zone).date().isoformat()
        if self._day.date != date:
            self._day = Day(date)
        return self._day

    def _save(self) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(self._day), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)


WORDS: Mapping[str, str] = {FORWARDS: "forwarded calls", CALL_BACKS: "call backs", ABROAD: "calls abroad"}
"""What outgoing calls are for, for people."""


def _is_abroad(number: str, home: tuple[str, ...]) -> bool:
    return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) not in (None, *home)


def check_country(number: str, countries: tuple[str, ...]) -> None:
    """Raise `NotAllowed` unless `number` (E.164) is an ordinary number of one of the countries."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        raise NotAllowed("The number is not in international form.", "country") from None
    region = phonenumbers.region_code_for_number(parsed)
    if region is None or not phonenumbers.is_possible_number(parsed):
        # A number that belongs to nobody still has a country code; +1 without a known area is taken for the first of them.
        region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
        if parsed.country_code == 1 and str(parsed.national_number)[3:6] != "555":
            region = None
    if region not in countries:
        raise NotAllowed("The limits do not allow calls to that country.", "country")
    if phonenumbers.number_type(parsed) in _PREMIUM:
        raise NotAllowed("The limits do not allow calls to premium numbers.", "country")


def warm_up(countries: tuple[str, ...]) -> None:
    """Load what is known of these countries' numbers, which takes too long while sound flows."""
    for country in countries:
        example = phonenumbers.example_number(country)
        if example:
            phonenumbers.number_type(example)


def _begun(since: datetime, now: datetime) -> int:
    return max(1, math.ceil((now - since).total_seconds() / 60))


def _read(file: Path | None) -> Day | None:
    """What the file says. A broken one counts as a new day: caps still hold from now on."""
    try:
        said = json.loads(file.read_text(encoding="utf-8")) if file else {}
        minutes = {kind: int(said["minutes"].get(kind, 0)) for kind in WORDS}
        return Day(str(said["date"]), int(said["call_backs"]), minutes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
