"""The formats of pages, which are in `hub.formats` so that e-mails write the same."""

from hub.formats import (
    NOTHING,
    ago,
    change,
    clock_time,
    count,
    day_of,
    duration,
    long_day,
    money,
    percent,
    phone,
    waiting,
    zone_name,
)

__all__ = [
    "NOTHING", "ago", "change", "clock_time", "count", "day_of", "duration", "long_day", "money", "percent", "phone",
    "waiting", "zone_name",
]  # fmt: skip
