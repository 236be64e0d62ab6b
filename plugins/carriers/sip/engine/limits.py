"""What outgoing calls may be made: how many at once and a day, for how many minutes and how much money, and whereto.

Toll fraud is a loss without a ceiling, so every cap is checked before an INVITE is sent, and a running call counts with
the minutes it has used so far. The day's counts survive a restart in a small file; a day is a UTC day.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import phonenumbers

from plugins.carriers.sip.engine.interface import NotAllowed
from plugins.carriers.sip.engine.settings import Caps

_PREMIUM = {
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.SHARED_COST,
}


@dataclass
class Day:
    """What was used on one UTC day. A call counts when it is placed, its minutes (begun ones) when it ends."""

    date: str
    calls: int = 0
    minutes: int = 0


class Meter:
    """The caps and the day's counts. `now` is the time in UTC; `load` and `save` may do nothing."""

    def __init__(self, caps: Caps, now: Callable[[], datetime], file: Path | None = None) -> None:
        """Take up the counts of today, if the file has them."""
        self._caps, self._now, self._file = caps, now, file
        self._running: dict[str, datetime | None] = {}
        self._day = _read(file) or Day("")

    def begin(self, call: str, number: str) -> None:
        """Count a call that is about to be placed. Raises `NotAllowed`, and counts nothing then."""
        check_country(number, self._caps.countries)
        day, caps = self._today(), self._caps
        if len(self._running) >= caps.concurrent:
            raise NotAllowed("As many phones are being called as the limits allow at once.", "concurrent")
        if day.calls >= caps.daily_calls:
            raise NotAllowed("As many phones were called today as the limits allow.", "daily")
        minutes = day.minutes + self._under_way() + 1
        if minutes > caps.daily_minutes:
            raise NotAllowed("The minutes of outgoing calls that the limits allow a day are used up.", "minutes")
        if caps.daily_money is not None and minutes * caps.price_per_minute > caps.daily_money:
            raise NotAllowed("The money for outgoing calls that the limits allow a day is used up.", "money")
        self._running[call] = None
        day.calls += 1
        self._save()

    def answered(self, call: str) -> None:
        """From now on the call costs."""
        if call in self._running:
            self._running[call] = self._now()

    def end(self, call: str) -> None:
        """The call is over; harmless again."""
        since = self._running.pop(call, None)
        if since is not None:
            self._today().minutes += _begun(since, self._now())
            self._save()

    def spent(self) -> Decimal:
        """What today's outgoing calls cost so far, by the price in the settings."""
        return (self._today().minutes + self._under_way()) * self._caps.price_per_minute

    def over_budget(self) -> bool:
        """Whether the minutes or the money of the day ran out while calls are under way; they are to be ended."""
        minutes = self._today().minutes + self._under_way()
        money = self._caps.daily_money
        return minutes > self._caps.daily_minutes or (
            money is not None and minutes * self._caps.price_per_minute > money
        )

    def used(self) -> dict[str, int | str]:
        """Today's counts, for the health answer."""
        return {**asdict(self._today()), "running": len(self._running)}

    def _under_way(self) -> int:
        now = self._now()
        return sum(_begun(since, now) if since else 1 for since in self._running.values())

    def _today(self) -> Day:
        date = self._now().date().isoformat()
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
        return Day(str(said["date"]), int(said["calls"]), int(said["minutes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
