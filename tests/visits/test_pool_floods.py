"""A flood from one family of networks leaves a pool's numbers to others, and nobody keeps one without viewing pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from testbed import ACCOUNTS, SHARED, TestHub, company

from hub.platform.rate_limit import networks_of
from hub.visits.batch_writer import VisitBatchWriter
from hub.visits.visit_request import NumberShown, VisitRequest

NUMBERS = [f"+131255502{index:02}" for index in range(50)]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
HOME = "https://lakeside.example.com/"
BLOCK = "2a00:1450:4001"


class Website:
    """A company's website with a pool of fifty numbers."""

    def __init__(self, stage: TestHub) -> None:
        self.stage = stage
        self.writer = VisitBatchWriter(stage.hub)

    def visit(self, address: str | None, visit_id: str | None = None, page: str | None = HOME) -> NumberShown:
        """One request of a person's browser; without a page the visitor is only still there."""
        directory = self.stage.directory
        request = VisitRequest(
            landing_page=page,
            referrer=None,
            visit_id=visit_id,
            human=True,
            user_agent=BROWSER,
            networks=networks_of(address),
        )
        return self.writer.receive(directory, directory.companies["lakeside"], request).result(30)

    def stays(self, address: str | None, shown: NumberShown) -> bool:
        """Whether a visitor who only stays on the page still has the same number."""
        again = self.visit(address, shown.visit_id, None)
        return again.lease_until is not None and again.number == shown.number


@pytest.fixture
def site(lite_hub: Callable[..., TestHub]) -> Iterator[Website]:
    stage = lite_hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", NUMBERS, SHARED)]}])
    website = Website(stage)
    yield website
    website.writer.close()


@pytest.mark.soak
def test_a_48_that_asks_and_stays_for_an_hour_holds_a_quarter_of_the_pool(site: Website) -> None:
    held: dict[str, NumberShown] = {}
    for index in range(200):
        address = f"{BLOCK}:{index % 256:x}00::1"
        for other, shown in list(held.items())[index % 10 :: 10]:
            if not site.stays(other, shown):
                del held[other]
        shown = site.visit(address)
        if shown.lease_until is not None:
            held[address] = shown
        site.stage.clock.advance(seconds=18)
    assert 0 < len(held) <= 12
    assert all(site.visit(f"20.{index}.7.1").lease_until for index in range(38)), "the others get theirs"


def test_a_stranger_who_knows_a_visit_prolongs_it_only_as_one_of_their_own(site: Website) -> None:
    shown = [site.visit(f"20.{index}.7.1") for index in range(8)]
    site.stage.clock.advance(minutes=20)
    kept = [site.stays("8.8.8.8", each) for each in shown]
    assert kept == [True] * 8, "until it ends, the number is the visitor's"
    site.stage.clock.advance(minutes=20)
    assert [site.stays("8.8.8.8", each) for each in shown].count(True) == 5


def test_a_visitor_who_goes_from_wi_fi_to_mobile_keeps_the_number(site: Website) -> None:
    shown = site.visit("20.1.7.1")
    for address in ("30.1.7.1", "30.1.7.1", None, f"{BLOCK}::1"):
        site.stage.clock.advance(minutes=20)
        assert site.stays(address, shown)


def test_a_page_left_open_keeps_its_number_for_four_hours_and_the_next_page_brings_one_again(site: Website) -> None:
    shown = site.visit("20.1.7.1")
    begun = site.stage.clock()
    while site.stays("20.1.7.1", shown):
        site.stage.clock.advance(minutes=5)
    assert site.stage.clock() - begun == timedelta(hours=4)
    assert site.visit("20.1.7.1", shown.visit_id, None).number == SHARED
    assert site.visit("20.1.7.1", shown.visit_id, f"{HOME}prices").lease_until is not None


def test_who_views_pages_keeps_the_number_all_day(site: Website) -> None:
    shown = site.visit("20.1.7.1")
    for index in range(24):
        site.stage.clock.advance(minutes=25)
        assert site.visit("20.1.7.1", shown.visit_id, f"{HOME}{index}").number == shown.number


def test_an_hour_after_the_last_sign_a_visitor_who_looks_at_the_page_again_gets_a_number(site: Website) -> None:
    shown = site.visit("20.1.7.1")
    site.stage.clock.advance(hours=1)
    assert site.stays("20.1.7.1", shown), "the one that they had, as nobody else came"
