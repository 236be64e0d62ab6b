"""CallRail's words in the hub's: sources, lead status, roles, amounts, times, yes and no."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money

SOURCES = {
    "google ads": ("google", "cpc"), "google adwords": ("google", "cpc"), "google paid": ("google", "cpc"),
    "google ad extension": ("google", "cpc"), "google call extension": ("google", "cpc"),
    "google organic": ("google", "organic"), "google": ("google", "organic"),
    "google my business": ("google_business_profile", "organic"),
    "google business profile": ("google_business_profile", "organic"), "gmb": ("google_business_profile", "organic"),
    "google local services ads": ("google_local_services", "cpc"),
    "bing paid": ("bing", "cpc"), "bing ads": ("bing", "cpc"), "microsoft ads": ("bing", "cpc"),
    "bing organic": ("bing", "organic"), "bing": ("bing", "organic"),
    "yahoo paid": ("yahoo", "cpc"), "yahoo organic": ("yahoo", "organic"), "yahoo": ("yahoo", "organic"),
    "duckduckgo organic": ("duckduckgo", "organic"), "duckduckgo": ("duckduckgo", "organic"),
    "facebook paid": ("facebook", "paid_social"), "facebook ads": ("facebook", "paid_social"),
    "facebook": ("facebook", "social"), "facebook organic": ("facebook", "social"),
    "instagram paid": ("instagram", "paid_social"), "instagram": ("instagram", "social"),
    "youtube": ("youtube", "social"), "linkedin": ("linkedin", "social"), "direct": ("direct", "none"),
}  # fmt: skip
"""A source as CallRail shows it, in lower case → source and medium."""
MEDIUMS = {"ppc": "cpc", "paid": "cpc", "direct": "none"}
"""A medium as CallRail writes it, in lower case → ours; others stay as they are."""
TRACKER_SOURCES = {
    "google_ad_extension": ("google", "cpc"), "mobile_ad_extension": ("google", "cpc"),
    "google_my_business": ("google_business_profile", "organic"), "facebook_all": ("facebook", "social"),
    "bing_all": ("bing", "organic"), "direct": ("direct", "none"),
}  # fmt: skip
"""The type of a tracker's source → source and medium."""
LEAD_STATUSES = {
    "good_lead": LeadStatus.QUALIFIED, "good lead": LeadStatus.QUALIFIED, "qualified": LeadStatus.QUALIFIED,
    "lead": LeadStatus.QUALIFIED, "yes": LeadStatus.QUALIFIED, "true": LeadStatus.QUALIFIED,
    "not_a_lead": LeadStatus.NOT_A_LEAD, "not a lead": LeadStatus.NOT_A_LEAD, "not qualified": LeadStatus.NOT_A_LEAD,
    "no": LeadStatus.NOT_A_LEAD, "false": LeadStatus.NOT_A_LEAD,
}  # fmt: skip
"""`previously_marked_good_lead` is the mark of an earlier call of the same caller, which has it already."""
ROLES = {"admin": "admin", "manager": "admin", "reporting": "marketer", "analyst": "marketer", "agent": "receptionist"}
"""None becomes an owner by an import: owners are made here, by name."""
SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "CA$": "CAD", "A$": "AUD", "AU$": "AUD"}
TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%y %I:%M %p", "%b %d, %Y %I:%M %p", "%b %d, %Y %I:%M%p",
    "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p %z", "%Y-%m-%d %I:%M %p %z",
    "%a, %d %b %Y %H:%M:%S %z",
)  # fmt: skip
"""How exported files write times, besides ISO 8601."""
ZONES = {
    "eastern time (us & canada)": "America/New_York", "central time (us & canada)": "America/Chicago",
    "mountain time (us & canada)": "America/Denver", "pacific time (us & canada)": "America/Los_Angeles",
    "arizona": "America/Phoenix", "alaska": "America/Anchorage", "hawaii": "Pacific/Honolulu",
    "atlantic time (canada)": "America/Halifax", "london": "Europe/London",
}  # fmt: skip


def text_of(value: object, longest: int = 1_000) -> str | None:
    """A text without outer spaces; None if it is empty or no text."""
    return (value.strip()[:longest] or None) if isinstance(value, str) else None


def is_yes(value: object) -> bool | None:
    """Yes or no as a file or an answer writes it; None if it is neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    return True if word in ("true", "yes", "1", "y") else False if word in ("false", "no", "0", "n") else None


def seconds_of(value: object) -> int | None:
    """Seconds: a number, `"27"`, `1:05` or `0:01:05`."""
    if isinstance(value, bool) or value is None:
        return None
    parts = str(value).strip().split(":")
    try:
        total = 0.0
        for part in parts:
            total = total * 60 + float(part)
    except ValueError:
        return None
    return int(total) if total >= 0 and total < 1e6 else None


def moment_of(value: object, zone: str = "UTC") -> datetime | None:
    """An aware time in UTC; one without an offset is in `zone`."""
    text = text_of(value, 60)
    if text is None:
        return None
    found: datetime | None = None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        plain = re.sub(r" (UTC|GMT)$", " +0000", re.sub(r"\s+", " ", text))
        for written in TIME_FORMATS:
            try:
                found = datetime.strptime(plain, written)
                break
            except ValueError:
                continue
    if found is None or not 1990 < found.year < 2200:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def zone_of(value: object) -> str:
    """The IANA name of a time zone; UTC if it is not known."""
    name = ZONES.get(str(value).casefold(), str(value))
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return "UTC"
    return name


def money_of(value: object, currency: str) -> Money | None:
    """`240`, `"$1,240.00"`, `"240 EUR"`; None for `--`, an empty value or nothing."""
    if isinstance(value, bool) or value is None:
        return None
    found = re.fullmatch(r"\s*([A-Z]{0,2}[$€£])?\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*([A-Z]{3})?\s*", str(value))
    if found is None:
        return None
    try:
        amount = round(Decimal(found[2].replace(",", "")), 4)
    except InvalidOperation:
        return None
    if not amount or amount >= 10**10:
        return None
    return Money(amount, found[3] or SYMBOLS.get(found[1] or "", currency))


def origin_of(shown: str | None) -> tuple[str, str] | None:
    """Source and medium of a source's displayed name; None if the name is one that a customer gave."""
    if shown is None:
        return None
    known = SOURCES.get(shown.casefold())
    if known is not None:
        return known
    found = re.fullmatch(r"(.+?) (paid|organic|ads)", shown.strip(), re.IGNORECASE)
    return (slug(found[1]), "organic" if found[2].lower() == "organic" else "cpc") if found else None


def slug(text: str) -> str:
    """`yellow_pages` for `Yellow Pages`; a host stays as it is."""
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text.strip().casefold()):
        return text.strip().casefold()
    return "_".join(re.findall(r"[a-z0-9]+", text.casefold())) or "unknown"
