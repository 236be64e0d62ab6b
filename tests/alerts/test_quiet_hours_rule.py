"""Quiet hours: an alert waits exactly as long as the clock on the wall says, on days with 23 and 25 hours too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from alert_stage import AlertStage
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alerts.quiet_hours import MINUTE, QuietHours, as_time, minutes_of

CHICAGO = ZoneInfo("America/Chicago")
NIGHT = QuietHours(22 * 60, 7 * 60, CHICAGO)
ZONES = st.sampled_from(["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "America/Phoenix", "Asia/Kolkata"])
# Around the changes of the clocks of 2026, and at any other time.
NEAR = st.sampled_from(
    [datetime(2026, 3, 8, 8), datetime(2026, 11, 1, 7), datetime(2026, 3, 29, 1), datetime(2026, 4, 4, 15)]
)
TIMES = st.one_of(
    st.builds(
        lambda day, minutes: day.replace(tzinfo=UTC) + timedelta(minutes=minutes), NEAR, st.integers(-1500, 1500)
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
)


@settings(max_examples=60)
@given(at=TIMES, begins=st.integers(0, 1439), ends=st.integers(0, 1439), zone=ZONES)
def test_it_is_sent_at_the_first_minute_that_is_not_quiet(at: datetime, begins: int, ends: int, zone: str) -> None:
    if begins == ends:
        return
    quiet = QuietHours(begins, ends, ZoneInfo(zone))
    sent = quiet.next_open(at)
    assert not quiet.covers(sent) and at <= sent
    if sent != at:
        waited = int((sent - at) / MINUTE)
        assert all(quiet.covers(sent - MINUTE * (1 + each)) for each in range(waited))
        assert sent - at <= timedelta(hours=25)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHICAGO)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        (local(2026, 6, 1, 23, 30), local(2026, 6, 2, 7)),
        (local(2026, 6, 2, 6, 59), local(2026, 6, 2, 7)),
        (local(2026, 6, 2, 7), local(2026, 6, 2, 7)),
        (local(2026, 6, 1, 21, 59), local(2026, 6, 1, 21, 59)),
        (local(2026, 3, 7, 23), local(2026, 3, 8, 7)),
        (local(2026, 10, 31, 23), local(2026, 11, 1, 7)),
    ],
)
def test_a_night_ends_at_seven_by_the_clock(at: datetime, sent: datetime) -> None:
    assert NIGHT.next_open(at.astimezone(UTC)) == sent


def test_a_time_that_the_clock_skips_ends_quiet_hours_when_it_skips() -> None:
    until_half_past_two = QuietHours(22 * 60, 2 * 60 + 30, CHICAGO)
    assert until_half_past_two.next_open(local(2026, 3, 8, 1).astimezone(UTC)) == local(2026, 3, 8, 3)


def test_times_are_read_and_written_as_form_fields_have_them() -> None:
    assert [minutes_of(each) for each in ("22:00", "7:05", "24:00", "x", "")] == [1320, 425, None, None, None]
    assert [as_time(each) for each in (425, 0, None)] == ["07:05", "00:00", ""]


def test_alerts_of_quiet_hours_come_as_one_mail_after_them(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", quiet=(22 * 60, 16 * 60), time_zone="UTC")  # the clock stands at 15:00
    for number in range(3):
        alerting.stage.call_in(caller=f"+1312555011{number}", answered=False)
    alerting.after(minutes=30)
    assert alerting.mail.subjects == []
    alerting.after(minutes=30)
    assert alerting.mail.subjects == ["3 alerts while it was quiet"]
    assert alerting.mail.letters[0].get_body(("plain",)).get_content().count("Missed call") == 3  # type: ignore[union-attr]
    alerting.stage.call_in(caller="+13125550119", answered=False)
    alerting.after(minutes=2)
    assert len(alerting.mail.subjects) == 2
