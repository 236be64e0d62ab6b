"""Limits: a network gets no more than its part of a pool, and who goes on asking goes on being refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model import Tracker
from hub.rate_limit import TokenBucket, network_of
from hub.visits import rate_limits as limits_module
from hub.visits.bots import is_robot
from hub.visits.rate_limits import COMPANY_BURST, COMPANY_RATE, NETWORK_LEAST, Limits

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
POOL = [Tracker(company_id="c", name="pool", type="session", carrier="carrier")]


def shares(limits: Limits, network: str | None, count: int, size: int = 50, at: datetime = NOW) -> list[str]:
    return [limits.share("c", network, POOL, size, at) for _ in range(count)]


def test_the_first_of_a_network_may_take_the_reserve_and_the_next_may_not() -> None:
    assert shares(Limits(), "8.8.8.0/24", 7) == ["all", *["unreserved"] * 4, "none", "none"]


def test_a_large_pool_lets_a_network_ask_for_a_tenth_of_it() -> None:
    assert shares(Limits(), "8.8.8.0/24", 101, size=1_000).count("none") == 1


def test_a_network_is_quiet_again_after_a_holding_time() -> None:
    limits = Limits()
    shares(limits, "8.8.8.0/24", 5)
    assert shares(limits, "8.8.8.0/24", 1, at=NOW + timedelta(minutes=30)) == ["all"]


def test_who_goes_on_asking_goes_on_being_refused() -> None:
    limits = Limits()
    minutes = [limits.share("c", "8.8.8.0/24", POOL, 50, NOW + timedelta(minutes=at)) for at in range(120)]
    assert set(minutes[10:]) == {"unreserved", "none"} or set(minutes[10:]) == {"none"}
    assert minutes[10:].count("none") > 100


def test_networks_and_companies_do_not_count_for_each_other() -> None:
    limits = Limits()
    shares(limits, "8.8.8.0/24", 20)
    assert shares(limits, "8.8.9.0/24", 1) == ["all"]
    assert limits.share("other", "8.8.8.0/24", POOL, 50, NOW) == "all"


def test_a_network_that_asks_much_gives_its_numbers_up_each_once() -> None:
    limits = Limits()
    for network, visits in (("8.8.8.0/24", 1), ("8.8.9.0/24", 2), ("8.8.10.0/24", 9)):
        shares(limits, network, visits)
        for index in range(min(visits, 3)):
            limits.lent("c", network, f"{network} {index}", NOW)
    assert limits.recall("other", 10, NOW) == []
    assert limits.recall("c", 2, NOW) == ["8.8.10.0/24 2", "8.8.10.0/24 1"], "who asks most goes first"
    assert limits.recall("c", 10, NOW) == ["8.8.10.0/24 0", "8.8.9.0/24 1", "8.8.9.0/24 0"]
    assert limits.recall("c", 10, NOW) == []


def test_a_network_that_has_become_quiet_keeps_its_numbers() -> None:
    limits = Limits()
    shares(limits, "8.8.9.0/24", 2)
    limits.lent("c", "8.8.9.0/24", "visit", NOW)
    assert limits.recall("c", 10, NOW + timedelta(minutes=6)) == []


def test_only_so_many_networks_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "MAX_NETWORKS", 10)
    limits = Limits()
    for index in range(30):
        shares(limits, f"8.8.{index}.0/24", NETWORK_LEAST)
    assert shares(limits, "8.8.29.0/24", 1) == ["none"] and shares(limits, "8.8.3.0/24", 1) == ["all"]


def test_a_company_has_a_bucket_of_its_own() -> None:
    limits = Limits()
    assert sum(limits.may_record("c", NOW) for _ in range(COMPANY_BURST + 50)) == COMPANY_BURST
    assert limits.may_record("other", NOW)
    later = NOW + timedelta(seconds=COMPANY_BURST / COMPANY_RATE)
    assert limits.may_record("c", later)


@given(st.lists(st.floats(-5, 600), max_size=200), st.floats(1, 50), st.floats(0.001, 5))
def test_a_bucket_never_gives_more_than_it_holds_and_gets(
    steps: list[float], capacity: float, per_second: float
) -> None:
    bucket = TokenBucket(capacity, per_second, capacity, NOW)
    at, given_out = NOW, 0
    for seconds in steps:
        at += timedelta(seconds=seconds)
        given_out += bucket.take(at) >= 1
        assert -capacity <= bucket.level <= capacity
    gone = sum(max(0.0, seconds) for seconds in steps)
    assert given_out <= capacity + gone * per_second + 1e-6


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("8.8.8.8", "8.8.8.0/24"),
        ("::ffff:8.8.8.8", "8.8.8.0/24"),
        ("2a00:1450:4001:81b::200e", "2a00:1450:4001:800::/56"),
        ("2a00:1450:4001:81b::200e%eth0", "2a00:1450:4001:800::/56"),
        ("10.0.0.7", None),
        ("127.0.0.1", None),
        ("::1", None),
        ("fd00::1", None),
        ("testclient", None),
        ("", None),
        (None, None),
        ("8.8.8.8:443", None),
    ],
)
def test_a_network_is_a_24_or_a_56_of_public_addresses(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


@given(st.text(max_size=60))
def test_whatever_an_address_is_it_does_no_harm(address: str) -> None:
    network_of(address)


def test_robots_are_known_by_their_user_agents() -> None:
    robots = (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/129.0.0.0 Safari/537.36",
        "facebookexternalhit/1.1",
        "curl/8.5.0",
        "python-requests/2.32",
        "",
        None,
    )
    people = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
        "Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
        "Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129 Mobile",
    )
    assert all(map(is_robot, robots)) and not any(map(is_robot, people))
