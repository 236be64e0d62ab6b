"""`/numbers/{id}`: a number is taken out of use, rests while people may know it, and is given back once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_client import PageClient, signed_in
from test_buying_numbers import WANTED, order
from testbed import SHARED, TestHub

from hub.model import AuditEntry, TrackingNumber
from hub.numbers.ownership import compare


@pytest.fixture
def bought(stage: TestHub) -> TrackingNumber:
    """A number of the pool that was bought."""
    assert signed_in(stage).post("/numbers/buy", order(WANTED)).status_code == 303
    return stage.one(TrackingNumber, number=WANTED)


def deeds(stage: TestHub) -> list[str]:
    return [each.action for each in stage.rows(AuditEntry) if each.subject == WANTED]


def test_a_number_that_people_know_rests_before_it_is_given_back(stage: TestHub, bought: TrackingNumber) -> None:
    browser = signed_in(stage)
    stage.live.refresh()
    stage.call_in(number=WANTED)
    for _ in range(2):
        assert browser.post(f"/numbers/{bought.id}/rest").status_code == 303
    assert "Possible from" in browser.text(f"/numbers/{bought.id}")
    early = browser.post(f"/numbers/{bought.id}/release", {"sure": "yes"})
    assert (early.status_code, "after a rest of 90 days" in early.text) == (422, True)
    stage.clock.advance(days=91)
    browser = signed_in(stage)
    assert browser.post(f"/numbers/{bought.id}/release").status_code == 422  # the box is not ticked
    assert browser.post(f"/numbers/{bought.id}/release", {"sure": "yes"}).status_code == 303
    assert browser.post(f"/numbers/{bought.id}/release", {"sure": "yes"}).status_code == 404
    assert stage.carrier.released == [WANTED]
    assert deeds(stage) == ["numbers.buy", "numbers.rest", "numbers.release"]


def test_a_number_that_nobody_knows_is_given_back_at_once_or_used_again(stage: TestHub, bought: TrackingNumber) -> None:
    browser = signed_in(stage)
    browser.post(f"/numbers/{bought.id}/rest")
    assert browser.post(f"/numbers/{bought.id}/use").status_code == 303
    assert stage.one(TrackingNumber, number=WANTED).retired_at is None
    browser.post(f"/numbers/{bought.id}/rest")
    assert browser.post(f"/numbers/{bought.id}/release", {"sure": "yes"}).status_code == 303
    assert stage.carrier.released == [WANTED]


def test_a_number_of_config_yaml_is_not_given_up_here(stage: TestHub) -> None:
    row = stage.one(TrackingNumber, number=SHARED)
    browser = signed_in(stage)
    assert "It is listed in config.yaml" in browser.text(f"/numbers/{row.id}")
    for deed in ("rest", "release"):
        answer = browser.post(f"/numbers/{row.id}/{deed}", {"sure": "yes"})
        assert (answer.status_code, "remove it there first" in answer.text) == (422, True)
    assert stage.carrier.released == []


def test_the_carriers_list_shows_numbers_that_point_elsewhere_and_pointing_them_here_cures_it(stage: TestHub) -> None:
    stage.carrier.sell(SHARED)
    browser = signed_in(stage)
    assert browser.post("/numbers/compare").status_code == 303
    text = browser.text("/numbers?state=trouble")
    assert "Points elsewhere its calls do not come here" in text
    assert "Not at the carrier" in text
    row = stage.one(TrackingNumber, number=SHARED)
    assert browser.post(f"/numbers/{row.id}/point").status_code == 303
    assert "Points elsewhere" not in browser.text("/numbers?state=trouble")
    stage.carrier.owned[SHARED] = replace(stage.carrier.owned[SHARED], message_fallback_url="")
    (side,) = compare(stage.hub, stage.directory, ["carrier"])
    assert f"{SHARED} (" in side.warnings()[0] and "points to nowhere (texts' fallback); " in side.warnings()[0]


def test_a_rest_is_ended_on_the_page_only_by_who_ticks_the_warning(stage: TestHub, bought: TrackingNumber) -> None:
    browser = signed_in(stage)
    stage.live.refresh()
    stage.call_in(number=WANTED)
    browser.post(f"/numbers/{bought.id}/rest")
    page = browser.text(f"/numbers/{bought.id}")
    assert "taken out of use; may be given back on" in page and "reaches nobody, or a stranger" in page
    assert browser.post(f"/numbers/{bought.id}/end-rest").status_code == 422
    assert browser.post(f"/numbers/{bought.id}/end-rest", {"sure": "yes"}).status_code == 303
    assert browser.post(f"/numbers/{bought.id}/end-rest", {"sure": "yes"}).status_code == 422, "it is over"
    assert browser.post(f"/numbers/{bought.id}/release", {"sure": "yes"}).status_code == 303
    assert deeds(stage) == ["numbers.buy", "numbers.rest", "numbers.end_rest", "numbers.release"]


def test_another_companys_number_is_not_there(stage: TestHub, bought: TrackingNumber) -> None:
    limited = signed_in(stage, "marketer", "northgate")
    assert limited.get(f"/numbers/{bought.id}").status_code == 404
    assert limited.post(f"/numbers/{bought.id}/rest").status_code == 403
    assert PageClient.get(signed_in(stage), "/numbers/none").status_code == 404
