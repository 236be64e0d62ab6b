"""What an owner sets up by mouse and by touch: opening hours with a voicemail. Each job has a limit of clicks and fields."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from config_office import hand_of, open_office
from config_on_disk import PLUGINS, AnsweringCarrier
from fake_number_carrier import FakeNumberCarrier
from flow_strategies import OFFICE_TEXT
from test_flow_by_keyboard import faults
from testbed import TestHub

from hub.config.callflow.written import written_flow
from hub.model import Company, FlowVersion, Tracker, TrackingNumber
from hub.numbers.flows import read_flow
from hub.testing import FrozenClock

pytestmark = pytest.mark.soak

WAYS = ("mouse", "finger")


class Seller(FakeNumberCarrier):
    """A carrier that sells numbers and can do every step of a call."""

    manifest = FakeNumberCarrier.manifest.model_copy(update={"abilities": AnsweringCarrier.manifest.abilities})


@pytest.fixture
def office(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[tuple[TestHub, str]]:
    """A hub with a flow and a company with a route."""
    with open_office(sqlite_url, clock, tmp_path, OFFICE_TEXT, plugins={**PLUGINS, "carrier": Seller}) as opened:
        yield opened


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("flow", ["lakeside/office", "northgate/route"])
def test_an_after_hours_voicemail_is_published_within_eight_clicks_and_fields_from_the_flows_page(
    headless: Any, office: tuple[TestHub, str], way: str, flow: str
) -> None:
    stage, public = office
    with hand_of(headless, stage, public, way) as hand:
        hand.tab.goto(f"{public}/flows/{flow}")
        hand.press("Add opening hours")
        hand.fill("Opens, all days", "8")
        hand.fill("Closes, all days", "5:30")
        hand.press("Set Monday to Friday")
        hand.tab.locator("#hours:focus").wait_for()
        assert faults(hand.tab) == []
        hand.press("Save to draft")
        hand.tab.get_by_text("until you publish").first.wait_for()
        assert faults(hand.tab) == []
        hand.press("Publish the draft")
        hand.tab.wait_for_url("**/publish*")
        hand.press("Publish the draft")
        hand.tab.get_by_text("Published. New calls hear it from now on.").wait_for()
        assert hand.count <= 8
    steps = written_flow(read_flow(stage.rows(FlowVersion)[-1]))["steps"]
    hours = steps["hours"]
    assert hours["hours"] == {"mon-fri": "8:00-17:30"} and steps[hours["closed"]]["do"] == "voicemail"


@pytest.mark.parametrize("way", WAYS)
def test_a_new_tracker_has_its_number_within_seven_clicks_and_fields(
    headless: Any, office: tuple[TestHub, str], way: str
) -> None:
    stage, public = office
    with hand_of(headless, stage, public, way) as hand:
        hand.tab.goto(f"{public}/numbers")
        hand.press("New tracker")
        hand.press("Lakeside", role="link", exact=True)
        hand.tab.get_by_role("heading", name="Where will it be shown?").wait_for()
        assert faults(hand.tab) == []
        hand.press("On a van or in print", role="radio")
        hand.fill("What you call it", "Spring mailer")
        hand.press("Find", role="button", exact=True)
        hand.tab.get_by_text("+1 312 555 0130").first.wait_for()
        assert faults(hand.tab) == []
        hand.press("Buy +1 312 555 0130 for $1.15 a month and start")
        hand.tab.get_by_text("Bought: +1 312 555 0130.").wait_for()
        assert hand.count <= 7
    tracker = stage.one(Tracker, name="spring_mailer")
    assert stage.one(TrackingNumber, number="+13125550130").tracker_id == tracker.id


@pytest.mark.parametrize("way", WAYS)
def test_a_company_is_copied_within_five_clicks_and_fields(
    headless: Any, office: tuple[TestHub, str], way: str
) -> None:
    stage, public = office
    with hand_of(headless, stage, public, way) as hand:
        hand.tab.goto(f"{public}/companies/new")
        hand.press_at(hand.tab.get_by_text("New company from…"))
        hand.press_at(hand.tab.locator(".from a", has_text="Lakeside"))
        hand.tab.get_by_role("heading", name="New company from Lakeside").wait_for()
        assert faults(hand.tab) == []
        hand.fill("Name", "Southside Drains")
        hand.fill("Phone that rings", "312 555 0177")
        hand.press("Add the company", role="button")
        hand.tab.get_by_text("Southside Drains is added as a copy of Lakeside.").wait_for()
        assert hand.count <= 5
    assert len(stage.rows(Tracker, company_id=stage.one(Company, name="southside_drains").id)) == 3
