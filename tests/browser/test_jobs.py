"""The daily jobs of an owner, an agency and a receptionist, by mouse and by touch, each from where it begins, within a limit of
clicks and fields. No file is edited. Jobs of setting up are in test_setting_up.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clicks import Hand
from config_office import hand_of, open_office
from config_on_disk import CONFIG
from page_client import signed_in
from testbed import CALLER, OTHER_CALLER, SHARED, TestHub

from hub.api.carriers import MessageEvent
from hub.model import AlertPreference, Lead, TextMessage, User
from hub.model.states import MessageStatus
from hub.testing import FrozenClock

pytestmark = pytest.mark.soak

WAYS = ("mouse", "finger")
MAIL = 'mail: {{smtp: "smtp://mail.example.com:587", from: calls@example.com}}\n'


@pytest.fixture
def office(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[tuple[TestHub, str]]:
    """A hub with an answered call from an ad, a missed caller, and a text that nobody answered."""
    with open_office(sqlite_url, clock, tmp_path, f"{MAIL}{CONFIG}") as (stage, public):
        shown = stage.visit()
        clock.advance(minutes=2)
        stage.call_in(shown.number or SHARED, caller_name="Noah Kerr")
        stage.call_in(caller=OTHER_CALLER, answered=False)
        stage.tell(
            MessageEvent(
                message_id="SM1", at=clock(), tracking_number=SHARED, sender_number=CALLER, body="Can you come today?"
            )
        )
        stage.flow()
        clock.advance(minutes=5)
        costs = f"day,source,medium,campaign,cost,currency\n{clock():%Y-%m-%d},google,cpc,spring,120,USD".encode()
        sent = signed_in(stage).post(
            "/reports/costs/import?company=lakeside", files={"file": ("costs.csv", costs, "text/csv")}
        )
        assert sent.status_code == 303
        yield stage, public


@pytest.fixture(params=WAYS)
def hand(request: pytest.FixtureRequest, headless: Any, office: tuple[TestHub, str]) -> Iterator[Hand]:
    """A signed-in owner, with a mouse or a finger."""
    stage, public = office
    with hand_of(headless, stage, public, request.param) as made:
        made.tab.goto(public)
        yield made


def to_the_call(hand: Hand) -> None:
    """From the overview to the call of Noah Kerr."""
    hand.press("Calls", "link", exact=True)
    hand.tab.wait_for_url("**/calls**")
    hand.press("Noah Kerr")
    hand.tab.wait_for_url("**/calls/*")


def test_why_a_call_has_its_source_is_seen_after_two_clicks(hand: Hand) -> None:
    to_the_call(hand)
    hand.tab.get_by_text("Google Ads").first.wait_for()
    assert hand.count <= 2


def test_a_call_is_marked_as_a_lead_within_three_clicks_of_its_page(hand: Hand, office: tuple[TestHub, str]) -> None:
    to_the_call(hand)
    hand.count = 0
    hand.choose("Status", "Qualified")
    hand.fill("Value", "250 USD")
    hand.press("Save", "button", exact=True)
    hand.tab.get_by_text("The lead was changed.").wait_for()
    assert hand.count <= 3
    assert [lead.status for lead in office[0].rows(Lead)] == ["qualified"]
    hand.press("Undo")
    hand.tab.get_by_text("The change of the lead was undone.").wait_for()
    assert office[0].rows(Lead) == [], "and undone with one more"


def test_a_missed_caller_is_called_back_within_two_clicks_on_a_phone(hand: Hand) -> None:
    call = hand.tab.locator(f'a[href="tel:{OTHER_CALLER}"]').locator("visible=true").first
    call.wait_for()
    hand.count += 1  # the tap would open the phone's own page
    hand.press("Done")
    hand.tab.get_by_text("The caller was called back, and waits no longer.").wait_for()
    assert hand.count <= 2
    assert hand.tab.get_by_role("heading", name="Call back").count() == 0


def test_a_text_is_answered_within_three_clicks_and_fields(hand: Hand, office: tuple[TestHub, str]) -> None:
    hand.press("Answer")
    hand.tab.wait_for_url("**/texts/*")
    hand.tab.locator("#body").fill("Yes, at four.")
    hand.count += 1
    hand.press("Send")
    hand.tab.get_by_text("Yes, at four.").locator("visible=true").first.wait_for()
    assert hand.count <= 3
    (sent,) = office[0].rows(TextMessage, direction="out")
    assert sent.status == MessageStatus.QUEUED


def test_the_companies_are_compared_after_one_click_from_the_reports(hand: Hand, office: tuple[TestHub, str]) -> None:
    hand.tab.goto(f"{office[1]}/reports")
    hand.press("Companies", "link")
    hand.tab.get_by_role("heading", name="Companies").first.wait_for()
    assert hand.count <= 1


def test_cost_per_lead_by_campaign_is_seen_after_two_clicks_from_the_reports(
    hand: Hand, office: tuple[TestHub, str]
) -> None:
    hand.tab.goto(f"{office[1]}/reports")
    hand.press("Costs", "link")
    hand.tab.wait_for_url("**/costs**")
    hand.press_at(hand.tab.get_by_label("Rows").get_by_role("link", name="campaign"))
    hand.tab.wait_for_url("**by=campaign**")
    hand.tab.get_by_role("row").filter(has_text="spring").filter(has_text="$120").first.wait_for()
    assert hand.tab.get_by_role("table").first.inner_text().count("Cost per lead")
    assert hand.count <= 2


def test_a_caller_is_found_by_four_digits_and_a_name(hand: Hand) -> None:
    field = hand.tab.get_by_role("searchbox").locator("visible=true").first
    field.fill("noah 0142")
    hand.count += 1
    field.press("Enter")
    hand.tab.get_by_text("All of it fits one person, Noah Kerr.").wait_for()
    assert hand.count <= 2


def test_a_user_who_sees_one_company_is_invited_within_four_clicks_and_fields(
    hand: Hand, office: tuple[TestHub, str]
) -> None:
    hand.tab.goto(f"{office[1]}/users")
    hand.fill("Email address", "jo@example.com")
    hand.press("Receptionist", "radio")
    hand.press("Lakeside", "checkbox")
    hand.press("Show the link instead", "button")
    hand.tab.get_by_text("jo@example.com").first.wait_for()
    assert hand.count <= 4
    assert [user.email for user in office[0].rows(User) if user.role == "receptionist"] == ["jo@example.com"]


def test_the_weekly_summary_is_ordered_within_four_clicks(hand: Hand, office: tuple[TestHub, str]) -> None:
    hand.press("Alerts", "link")
    hand.press("Choose alerts", "link")
    hand.press("Every Monday", "checkbox")
    hand.press("Save", "button", exact=True)
    hand.tab.get_by_text("Saved for Lakeside.").first.wait_for()
    assert hand.count <= 4
    assert {tuple(each.digests) for each in office[0].rows(AlertPreference)} == {("weekly",)}
