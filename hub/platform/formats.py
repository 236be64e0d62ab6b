"""How pages and emails write times, lengths, numbers, money and phone numbers, in American English."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers

NORTH_AMERICAN = re.compile(r"\+1([2-9][0-9]{2})([0-9]{3})([0-9]{4})")
NOTHING = "–"
"""Unknown, or does not apply; a true zero is 0."""
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$"}


def clock_time(at: datetime | None, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """9:16 am; with seconds only for evidence."""
    if at is None:
        return NOTHING
    local = at.astimezone(zone)
    hour = local.hour % 12 or 12
    tail = f":{local.second:02}" if seconds else ""
    return f"{hour}:{local.minute:02}{tail} {'am' if local.hour < 12 else 'pm'}"


def day_of(at: datetime | date | None, zone: ZoneInfo | None = None) -> str:
    """Nov 24, or Nov 24, 2025 in another year than the running one."""
    if at is None:
        return NOTHING
    local = at.astimezone(zone) if isinstance(at, datetime) and zone else at
    year = f", {local.year}" if local.year != datetime.now(zone).year else ""
    return f"{local.strftime('%b')} {local.day}{year}"


def long_day(day: date) -> str:
    """Tuesday, November 24."""
    return f"{day.strftime('%A, %B')} {day.day}"


def ago(at: datetime | None, now: datetime) -> str:
    """52 min ago; 3 h ago; 2 days ago."""
    return NOTHING if at is None else f"{waiting(now - at)} ago"


def waiting(span: timedelta) -> str:
    """A waiting time in its largest unit or two: 9 s, 52 min, 5 h 54 min, 3 days."""
    seconds = max(0, int(span.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days} day{'s' if days > 1 else ''}"
    if hours:
        rest = minutes % 60
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def duration(seconds: int | None) -> str:
    """6:12; 1:02:03."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def count(number: int | Decimal | float | None) -> str:
    """1,204."""
    return NOTHING if number is None else f"{int(number):,}"


def percent(part: float | None, whole: float | None = None) -> str:
    """87%; of `part` in `whole`, or of a share between 0 and 1."""
    if part is None or whole == 0:
        return NOTHING
    return f"{100 * part / (1 if whole is None else whole):.0f}%"


def change(now: float, before: float) -> str:
    """+2, −3 or 0, with a real minus sign."""
    difference = round(now - before)
    return f"+{difference:,}" if difference > 0 else f"−{-difference:,}" if difference else "0"


def money(amount: Decimal | float | None, currency: str | None, *, whole: bool = False) -> str:
    """$1,850.00; $1,850 in reports (`whole`); 240.00 CHF for currencies without a common sign."""
    if amount is None:
        return NOTHING
    text = f"{abs(amount):,.0f}" if whole else f"{abs(amount):,.2f}"
    sign = "−" if amount < 0 else ""
    symbol = SYMBOLS.get(currency or "")
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency or ''}".strip()


def phone(number: str | None) -> str:
    """+1 312 555 0142: international, with spaces as people read it."""
    if not number:
        return NOTHING
    if plain := NORTH_AMERICAN.fullmatch(number):  # most numbers; to parse them all is slow
        return f"+1 {plain[1]} {plain[2]} {plain[3]}"
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("-", " ")


def zone_name(zone: ZoneInfo) -> str:
    """Chicago time, for America/Chicago; UTC."""
    city = zone.key.rpartition("/")[2].replace("_", " ")
    return zone.key if "/" not in zone.key else f"{city} time"
