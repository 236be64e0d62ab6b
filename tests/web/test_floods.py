"""Robots and floods get the number that everybody may see; people go on getting numbers of their own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from testbed import ACCOUNTS, SHARED, TestHub, company
from web_edge import DEFAULT, POOL, Edge, open_edge

from hub.config.models import HubSection
from hub.model import Lease, PoolOverflow, TrackingNumber
from hub.platform.rate_limit import NetworkLimiter, networks_of
from hub.visits.batch_writer import VisitBatchWriter
from hub.visits.rate_limits import FORMS
from hub.visits.visit_request import NumberShown, VisitRequest
from hub.web.client_ip import Proxies

Factory = Callable[..., TestHub]
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36"
)
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
NUMBERS = [f"+131255502{index:02}" for index in range(50)]
STEP = timedelta(seconds=15)


@dataclass
class Crowd:
    """People who read a site for ten minutes each, and a flood of bots, at the desk of one process."""

    stage: TestHub
    desk: VisitBatchWriter
    draw: random.Random
    own: Counter[bool] = field(default_factory=Counter)
    """People who were shown a number of their own, and kept it while they read; and those who were not."""
    reading: dict[str, tuple[Any, NumberShown]] = field(default_factory=dict)
    people: int = 0

    def comes(self, address: str, **told: Any) -> Future[NumberShown]:
        directory = self.stage.directory
        arrival = VisitRequest(
            landing_page="https://lakeside.example.com/",
            referrer="https://www.google.com/",
            networks=networks_of(address),
            **{"human": True, "user_agent": BROWSER, **told},
        )
        return self.desk.receive(directory, directory.companies["lakeside"], arrival)

    def person(self) -> None:
        self.people += 1
        address = f"{20 + self.people // 250 % 40}.{self.people % 250}.7.1"
        shown = self.comes(address).result(30)
        if shown.lease_until is None:
            self.own[False] += 1
        else:
            self.reading[address] = (self.stage.clock() + timedelta(minutes=10), shown)

    def those_who_leave(self) -> None:
        """After ten minutes each person tells for the last time to be there, and has the same number still."""
        for address, (until, first) in list(self.reading.items()):
            if until <= self.stage.clock():
                del self.reading[address]
                self.own[self.comes(address, visit_id=first.visit_id).result(30).number == first.number] += 1


@pytest.fixture
def crowd(lite_hub: Factory) -> Iterator[Crowd]:
    stage = lite_hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", NUMBERS, SHARED)]}])
    desk = VisitBatchWriter(stage.hub)
    yield Crowd(stage, desk, random.Random(7))
    desk.close()


def mixed(draw: random.Random) -> dict[str, Any]:
    """A crawler that says so, a script that shows no sign of a person, or a browser without a head that lies."""
    return draw.choice([{"user_agent": CRAWLER}, {"human": False}, {}])


def headless(draw: random.Random) -> dict[str, Any]:
    """A bot that claims to be a person, in a browser like any other."""
    return {}


@pytest.mark.soak
@pytest.mark.parametrize(("bot", "minutes"), [(mixed, 60), (headless, 60), (headless, 15)])
def test_ten_thousand_bots_from_two_hundred_networks_leave_people_their_numbers(
    crowd: Crowd, bot: Callable[[random.Random], dict[str, Any]], minutes: int
) -> None:
    bots = sorted((crowd.draw.uniform(600, 600 + 60 * minutes), crowd.draw.randrange(200)) for _ in range(10_000))
    people = sorted(crowd.draw.uniform(0, 5_400) for _ in range(60))
    begun = crowd.stage.clock()
    while bots or people or crowd.reading:
        passed = (crowd.stage.clock() - begun).total_seconds()
        waiting = []
        while bots and bots[0][0] <= passed:
            _, network = bots.pop(0)
            waiting.append(
                crowd.comes(f"{60 + network // 100}.{network % 100}.1.{crowd.draw.randrange(256)}", **bot(crowd.draw))
            )
        while people and people[0] <= passed:
            people.pop(0)
            crowd.person()
        for each in waiting:
            each.result(30)
        crowd.those_who_leave()
        crowd.stage.clock.advance(seconds=STEP.total_seconds())
    assert crowd.own.total() == crowd.people == 60
    assert crowd.own[True] / crowd.people >= 0.95, crowd.own
    assert len(crowd.stage.rows(TrackingNumber)) == len(NUMBERS) + 1
    no_number_is_held_twice(crowd.stage)


def no_number_is_held_twice(stage: TestHub) -> None:
    held: dict[str, list[Lease]] = {}
    for lease in stage.rows(Lease):
        held.setdefault(lease.tracking_number_id, []).append(lease)
    for leases in held.values():
        leases.sort(key=lambda lease: (lease.granted_at, lease.expires_at))
        assert all(one.expires_at <= other.granted_at for one, other in pairwise(leases))


# One visitor at a time, over HTTP


@pytest.mark.parametrize("agent", [CRAWLER, "curl/8.5.0", ""])
def test_a_robot_sees_the_shared_number_and_nothing_is_written(edge: Edge, agent: str) -> None:
    shown = edge.visit(headers={"user-agent": agent}).json()
    assert (shown["number"], shown["visit_id"], shown["lease_seconds"]) == (DEFAULT, None, None)
    assert edge.one("SELECT (SELECT count(*) FROM visit) + (SELECT count(*) FROM lease)") == 0


@pytest.mark.parametrize("told", [{"human": False}, {"human": None}])
def test_a_visitor_without_a_human_sign_is_recorded_and_sees_the_shared_number(
    edge: Edge, told: dict[str, Any]
) -> None:
    body = {name: value for name, value in told.items() if value is not None}
    shown = edge.client.post("/track/lakeside/visit", json=body).json()
    assert (shown["number"], shown["lease_seconds"]) == (DEFAULT, None)
    assert edge.one("SELECT count(*) FROM visit") == 1 and edge.one("SELECT count(*) FROM lease") == 0
    assert edge.one("SELECT count(*) FROM pool_overflow") == 0, "nobody was turned away"


def test_the_first_human_sign_brings_a_number_of_ones_own(edge: Edge) -> None:
    first = edge.visit(human=False).json()
    again = edge.visit(human=True, visit_id=first["visit_id"]).json()
    assert again["number"] in POOL and again["visit_id"] == first["visit_id"] and again["lease_seconds"] == 1800
    later = edge.visit(human=False, visit_id=first["visit_id"]).json()
    assert later["number"] == again["number"], "who was a person once stays one"
    assert edge.one("SELECT number_shown_id FROM visit") is None


def test_who_came_when_the_pool_was_empty_keeps_to_the_shared_number(edge: Edge) -> None:
    for _ in POOL:
        edge.visit()
    late = edge.visit().json()
    edge.clock.advance(minutes=31)
    assert edge.visit(visit_id=late["visit_id"]).json()["number"] == DEFAULT
    assert edge.one("SELECT count(*) FROM pool_overflow") == 1


def test_addresses_are_believed_of_trusted_proxies_alone(edge: Edge, tmp_path: Path) -> None:
    def visits(at: Edge) -> list[str]:
        shown = []
        for _ in range(8):
            told = at.visit(headers={"x-forwarded-for": "9.9.9.9, 8.8.8.8"}).json()
            at.client.post(f"/track/lakeside/visit/{told['visit_id']}/end")
            shown.append(told["number"])
        return shown

    assert DEFAULT not in visits(edge), "a header of a stranger limits nobody"
    with open_edge(tmp_path, trusted_proxies="[127.0.0.1]") as proxied:
        shown = visits(proxied)
        assert set(shown[:5]) <= set(POOL) and shown[5:] == [DEFAULT] * 3
        assert "8.8.8" not in str(proxied.rows("SELECT * FROM visit")), "an address is never written"


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        ("7.7.7.7", ["8.8.8.8"], "7.7.7.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["8.8.8.8"], "8.8.8.8"),
        ("10.0.0.1", ["1.1.1.1, 8.8.8.8"], "8.8.8.8"),
        ("10.0.0.1", ["8.8.8.8, 10.0.0.2"], "8.8.8.8"),
        ("10.0.0.1", ["1.1.1.1", "8.8.8.8", "10.0.0.2"], "8.8.8.8"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["8.8.8.8:4711"], "8.8.8.8"),
        ("10.0.0.1", ["[2a00:1450::1]:443"], "2a00:1450::1"),
        ("10.0.0.1", ["8.8.8.8, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["8.8.8.8, <script>, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [", ,"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["8.8.8.8"], "8.8.8.8"),
        ("unix", ["8.8.8.8"], "unix"),
        ("10.0.0.1", [", ".join(["8.8.8.8"] * 5_000)], "8.8.8.8"),
    ],
)
def test_the_visitors_address_is_the_last_that_no_trusted_proxy_has(peer: str, header: list[str], client: str) -> None:
    headers = [(b"x-forwarded-for", each.encode()) for each in header]
    request = Request({"type": "http", "client": (peer, 1), "headers": headers})
    assert Proxies(["10.0.0.0/8"]).client_of(request) == client
    assert Proxies([]).client_of(request) == peer


def test_visitors_who_are_turned_away_are_counted_without_their_names(crowd: Crowd) -> None:
    for index in range(len(NUMBERS) + 3):
        crowd.comes(f"20.{index}.7.1").result(30)
    rows = crowd.stage.rows(PoolOverflow)
    assert len(rows) == 3 and set(type(rows[0]).model_fields) == {"id", "tracker_id", "at"}


def test_people_of_a_busy_network_leave_the_reserve_to_others(crowd: Crowd) -> None:
    for index in range(38):
        crowd.comes(f"20.{index}.7.1").result(30)
    office = [crowd.comes("30.1.1.1").result(30).lease_until is not None for _ in range(5)]
    assert office == [True, True, False, False, False], "ten numbers of fifty are kept"
    assert all(crowd.comes(f"40.{index}.7.1").result(30).lease_until for index in range(10))


def test_one_network_that_sends_forms_without_end_is_told_to_wait_and_others_are_served() -> None:
    limiter, now = NetworkLimiter(FORMS), datetime(2026, 11, 24, tzinfo=UTC)
    flooder = networks_of("8.8.8.8")
    flood = [limiter.may("company", flooder, now) for _ in range(100)]
    assert flood.count(True) == 20 and flood[:20] == [True] * 20
    assert limiter.may("company", networks_of("8.8.8.9"), now), "its neighbor"
    assert limiter.may("company", (), now)
    assert not limiter.may("company", flooder, now + timedelta(minutes=1))
    assert limiter.may("company", flooder, now + timedelta(hours=2))


def test_six_hundred_strangers_networks_do_not_close_the_door_for_the_next_form() -> None:
    limiter, now = NetworkLimiter(FORMS), datetime(2026, 11, 24, tzinfo=UTC)
    for index in range(600):
        for _ in range(30):
            limiter.may("company", networks_of(f"{60 + index // 250}.{index % 250}.1.1"), now)
    assert limiter.may("company", networks_of("8.8.8.8"), now)


def test_a_flood_of_forms_is_answered_with_429_and_nothing_is_kept_of_it(tmp_path: Path) -> None:
    with open_edge(tmp_path, trusted_proxies="[127.0.0.1]") as proxied:
        replies = [
            proxied.client.post(
                "/track/lakeside/form",
                json={"submission_key": f"flood-{number:04}", "fields": {"message": "hello"}},
                headers={"x-forwarded-for": "8.8.8.8"},
            )
            for number in range(22)
        ]
        assert [reply.status_code for reply in replies] == [204] * 20 + [429] * 2
        assert replies[-1].headers["retry-after"] == "60"


@pytest.mark.parametrize("written", ["nonsense", "10.0.0.0/64", "10.0.0.0/8/8", ""])
def test_a_proxy_that_is_no_address_is_told(written: str) -> None:
    with pytest.raises(ValueError, match="not an address or network"):
        HubSection.model_validate({"public_url": "https://calls.example.com", "trusted_proxies": [written]})
