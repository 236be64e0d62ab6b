"""A flow with opening hours says whether it is open, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.config.callflow.definition import Flow
from hub.config.callflow.open_now import open_now

CHICAGO = "America/Chicago"
WEEK = {"mon-fri": "8:00-18:00", "sat": ["13:00-15:00", "9:00-12:00"]}


def flow(**schedule: Any) -> Flow:
    """A flow that greets, then looks at the clock."""
    return Flow.model_validate(
        {
            "name": "office",
            "forward": "+13125550190",
            "start": "hello",
            "steps": {
                "hello": {"do": "greeting", "say": "Hello.", "then": "hours"},
                "hours": {"do": "schedule", "hours": WEEK, "open": "desk", "closed": "message", **schedule},
                "desk": {"do": "dial", "number": "+13125550190", "unanswered": "message"},
                "message": {"do": "voicemail", "say": "Please leave a message."},
            },
        }
    )


def words(at: str, zone: str = CHICAGO, **schedule: Any) -> str:
    """What is said at a time of the company's clock."""
    found = open_now(flow(**schedule), datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(CHICAGO)), zone)
    assert found is not None
    return found.words


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-24T10:00", "Open now, closes at 6:00 pm"),
        ("2026-11-24T17:59", "Open now, closes at 6:00 pm"),
        ("2026-11-24T18:00", "Closed, opens Wednesday 8:00 am"),
        ("2026-11-24T07:59", "Closed, opens at 8:00 am"),
        ("2026-11-28T12:30", "Closed, opens at 1:00 pm"),
        ("2026-11-28T15:00", "Closed, opens Monday 8:00 am"),
        ("2026-11-29T12:00", "Closed, opens Monday 8:00 am"),
    ],
)
def test_the_state_and_its_next_change_are_said_in_the_companys_time(at: str, said: str) -> None:
    """Saturday's spans are written in the wrong order; the hub reads them by the clock."""
    assert words(at) == said


def test_the_steps_own_time_zone_counts() -> None:
    """It is an hour later in New York."""
    assert words("2026-11-24T17:30", time_zone="America/New_York") == "Closed, opens Wednesday 8:00 am"


def test_a_public_holiday_closes_and_is_named() -> None:
    """Thanksgiving Day is the fourth Thursday of November; the day before, the next opening passes it by."""
    assert words("2026-11-26T10:00", holidays="US") == "Closed for Thanksgiving Day, opens Friday 8:00 am"
    assert words("2026-11-25T19:00", holidays="US") == "Closed, opens Friday 8:00 am"


def test_a_date_of_the_companys_own_decides_alone() -> None:
    """Also on a public holiday."""
    dates = {"2026-11-26": "10:00-11:00", "2026-11-27": "closed"}
    assert words("2026-11-26T10:30", holidays="US", dates=dates) == "Open now, closes at 11:00 am"
    assert words("2026-11-26T11:00", holidays="US", dates=dates) == "Closed, opens Saturday 9:00 am"


def test_hours_without_a_change_and_changes_that_are_far_are_said_so() -> None:
    """Around the clock, closed for good, and a season that begins in a month."""
    assert words("2026-11-24T03:00", hours={"mon-sun": "0:00-24:00"}) == "Open now, around the clock"
    assert words("2026-11-24T10:00", hours={}) == "Closed; no opening is near"
    season = {"2026-12-21": "9:00-17:00"}
    assert words("2026-11-24T10:00", hours={}, dates=season) == "Closed, opens December 21 9:00 am"
    weekend = {"fri": "20:00-24:00", "sat": "0:00-24:00", "sun": "0:00-6:00"}
    assert words("2026-11-27T21:00", hours=weekend) == "Open now, closes Sunday 6:00 am"


def test_the_clock_change_moves_no_hours() -> None:
    """On the day on which clocks go back, 6:00 pm stays 6:00 pm."""
    assert words("2026-11-01T12:00", hours={"mon-sun": "8:00-18:00"}) == "Open now, closes at 6:00 pm"


def test_a_flow_without_hours_has_no_such_state() -> None:
    """Whoever calls it is led on at any time."""
    without = flow().model_copy(update={"start": "desk"})
    assert open_now(without, datetime.now(ZoneInfo(CHICAGO)), CHICAGO) is None
