"""Working days counted another way: holidays written down by hand, from the authorities' own lists, and a list of all days.

Only days on which somebody would otherwise work are listed. US federal: 5 U.S.C. 6103 and OPM's calendars; England and
Wales: gov.uk/bank-holidays; Germany: what all sixteen states share; Quebec: Act respecting labour standards, s. 60, and on
27 December 2027 Canada's own substitute for a Christmas Day on a Saturday (Canada Labour Code, s. 195).
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta

HOLIDAYS = {
    "US": """
        2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-10-12 2026-11-11 2026-11-26
        2026-12-25
        2027-01-01 2027-01-18 2027-02-15 2027-05-31 2027-06-18 2027-07-05 2027-09-06 2027-10-11 2027-11-11 2027-11-25
        2027-12-24 2027-12-31
        2028-01-17 2028-02-21 2028-05-29 2028-06-19 2028-07-04 2028-09-04 2028-10-09 2028-11-10 2028-11-23 2028-12-25
    """,
    "GB-ENG": """
        2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
        2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
    """,
    "DE": """
        2026-01-01 2026-04-03 2026-04-06 2026-05-01 2026-05-14 2026-05-25 2026-12-25
        2027-01-01 2027-03-26 2027-03-29 2027-05-06 2027-05-17
    """,
    "CA-QC": """
        2026-01-01 2026-04-03 2026-05-18 2026-06-24 2026-07-01 2026-09-07 2026-10-12 2026-12-25
        2027-01-01 2027-03-26 2027-05-24 2027-06-24 2027-07-01 2027-09-06 2027-10-11 2027-12-27
    """,
}
"""Place → its holidays on weekdays of 2026 and 2027; of the United States, of 2028 too."""


def working_days(*places: str) -> list[date]:
    """Every working day that all the places share, in order, of the years that are written down for each of them."""
    closed = {date.fromisoformat(day) for place in places for day in HOLIDAYS[place].split()}
    last = 2028 if places == ("US",) else 2027
    days = (date(2026, 1, 1) + timedelta(days=number) for number in range((last - 2025) * 366))
    return [day for day in days if day.year <= last and day.isoweekday() <= 5 and day not in closed]


def counted_on(start: date, count: int, days: list[date]) -> date:
    """The `count`-th of the working days after `start`."""
    return days[bisect_right(days, start) + count - 1]
