"""Digests: each day, week or month once, with the figures of the overview, and an end by one click."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from alert_stage import AlertStage
from testbed import NORTH_SHARED

from hub.access.users import change_role
from hub.alerts.digests import latest_span, queue_digests
from hub.alerts.unsubscribe import end_mails, read_token
from hub.model import User
from hub.reports.rollups import roll_up

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("name", "now", "first", "last"),
    [
        ("daily", (2026, 11, 24, 13, 0), "2026-11-23", "2026-11-23"),
        ("daily", (2026, 11, 24, 12, 59), "2026-11-22", "2026-11-22"),
        ("weekly", (2026, 11, 24, 13, 0), "2026-11-16", "2026-11-22"),
        ("weekly", (2026, 11, 23, 12, 0), "2026-11-09", "2026-11-15"),
        ("monthly", (2026, 3, 1, 13, 0), "2026-02-01", "2026-02-28"),
        ("monthly", (2026, 3, 1, 12, 0), "2026-01-01", "2026-01-31"),
    ],
)
def test_a_digest_is_of_the_last_whole_day_week_or_month(
    name: str, now: tuple[int, ...], first: str, last: str
) -> None:
    span = latest_span(name, datetime(*now, tzinfo=UTC), CHICAGO)  # type: ignore[misc]
    assert (str(span.first), str(span.last)) == (first, last)
    assert span.due.astimezone(CHICAGO).hour == 7


def next_morning(alerting: AlertStage) -> None:
    alerting.stage.clock.advance(hours=16, minutes=5)  # it stood at 15:00 UTC
    for _ in range(2):
        queue_digests(alerting.hub)
        alerting.run()


def test_a_daily_digest_has_the_figures_of_the_day_and_comes_once(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, quiet=(5 * 60, 9 * 60), digests=("daily",))
    alerting.stage.call_in()
    alerting.stage.call_in(caller="+13125550155", answered=False)
    alerting.stage.call_in(NORTH_SHARED)
    while roll_up(alerting.hub.store, 5):
        pass
    next_morning(alerting)
    (letter,) = alerting.mail.letters
    assert letter["Subject"] == "Lakeside: 2 calls, Tuesday, November 24"
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for line in ("Calls: 2 (0 before)", "Answered: 50% (– before)", "Missed: 1 (0 before)", "Website: 2"):
        assert line in text
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "first=2026-11-24" in html and "<script" not in html
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<https://calls\.example\.com/unsubscribe/(.+)>", letter["List-Unsubscribe"])
    assert link and alerting.alerts(maria)[0].seen_at is not None
    with alerting.hub.store.writing() as session:
        wanted = read_token(session, alerting.hub, link[1])
        assert wanted is not None
        end_mails(session, alerting.hub, wanted)
    alerting.stage.clock.advance(hours=8)
    next_morning(alerting)
    assert len(alerting.mail.letters) == 1


def test_who_may_no_longer_see_reports_gets_no_digest(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, digests=("daily",))
    with alerting.hub.store.writing() as session:
        change_role(session, session.get_one(User, maria.id), "receptionist")
    next_morning(alerting)
    assert alerting.mail.letters == []


def test_nothing_is_sent_for_a_time_before_it_was_chosen_nor_after_a_long_standstill(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.stage.clock.advance(hours=1)
    alerting.wants(maria, digests=("daily", "weekly", "monthly"))
    queue_digests(alerting.hub)
    alerting.run()
    assert alerting.mail.letters == []
    alerting.stage.clock.advance(days=3, hours=13)  # 05:00 on Saturday: the digest of Thursday was due 22 hours ago
    assert queue_digests(alerting.hub) == 0
    alerting.stage.clock.advance(hours=2, minutes=1)
    assert queue_digests(alerting.hub) == 1
