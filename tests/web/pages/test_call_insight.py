"""The page of a call says first what it was about, and each claim leads to the line that proves it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from page_client import signed_in
from recorder import PaperEars, PaperEyes, Recorder, tell_of
from testbed import ACCOUNTS, CONNECTORS, TestHub

from hub.model import Call, Lead, Recording
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A hub in which a call was recorded, transcribed and read."""
    agency = dict(ACCOUNTS[0])
    lakeside, *others = agency["companies"]
    stage = lite_hub(
        connectors={**CONNECTORS, "carrier": Recorder, "ears": PaperEars, "eyes": PaperEyes},
        recordings={"storage": "memory://seen", "transcribe": "ears"},
        accounts=[{**agency, "companies": [{**lakeside, "insights": {"read_by": "eyes"}}, *others]}],
    )
    tell_of(stage)
    stage.flow()
    fetch_due(stage.hub)
    while transcribe_due(stage.hub, stage.directory):
        pass
    stage.flow()
    return stage


def test_the_summary_comes_first_and_leads_to_its_lines(stage: TestHub) -> None:
    text = signed_in(stage).get(f"/calls/{stage.one(Call).id}").text
    recording = stage.one(Recording).id
    assert "A sink is blocked; somebody comes today." in text and "90% sure" in text
    assert f'href="#line-{recording}-2"' in text and f'id="line-{recording}-2"' in text
    assert 'title="We come today."' in text
    assert text.index("A sink is blocked") < text.index("My sink is blocked.")


def test_a_suggestion_is_shown_as_one_until_somebody_marks_the_lead(stage: TestHub) -> None:
    browser, page = signed_in(stage), f"/calls/{stage.one(Call).id}"
    assert "Suggestion:" in browser.get(page).text and stage.rows(Lead) == []
    browser.post(f"{page}/lead", {"status": "booked", "amount": "", "tags": ""})
    assert stage.one(Lead).status == "booked" and "Suggestion:" not in browser.get(page).text


def test_who_may_read_no_transcripts_sees_nothing_of_what_was_read(stage: TestHub) -> None:
    page = f"/calls/{stage.one(Call).id}"
    assert "90% sure" in signed_in(stage).get(page).text
    shown = signed_in(stage, "receptionist").get(page).text
    assert not [each for each in ("90% sure", "A sink is blocked", "Suggestion:") if each in shown]
