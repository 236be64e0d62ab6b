"""Limits: a network gets no more than its part of the recording and of a pool, and who goes on asking is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model import Tracker
from hub.platform.rate_limit import (
    MULTIPLES,
    Buckets,
    NetworkLimit,
    NetworkLimiter,
    TokenBucket,
    network_of,
    networks_of,
)
from hub.visits.batch_writer import is_robot
from hub.visits.rate_limits import VISITS, Limits

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
POOL = [Tracker(company_id="c", name="pool", type="session", carrier="carrier")]
SIX = "2a00:1450:4001"


def shares(limits: Limits, address: str | None, count: int, size: int = 50, at: datetime = NOW) -> list[str]:
    return [limits.share("c", networks_of(address), POOL, size, at) for _ in range(count)]


def holds(limits: Limits, address: str, visit: str, at: datetime = NOW, size: int = 50) -> bool:
    return limits.hold("c", visit, networks_of(address), POOL, size, at)


# Asking for numbers


def test_the_first_of_a_network_may_take_the_reserve_and_the_next_may_not() -> None:
    assert shares(Limits(), "8.8.8.8", 7) == ["all", *["unreserved"] * 4, "none", "none"]


def test_a_large_pool_lets_an_address_ask_for_a_tenth_of_it() -> None:
    assert shares(Limits(), "8.8.8.8", 101, size=1_000).count("none") == 1


def test_a_network_is_quiet_again_after_a_holding_time() -> None:
    limits = Limits()
    shares(limits, "8.8.8.8", 5)
    assert shares(limits, "8.8.8.8", 1, at=NOW + timedelta(minutes=30)) == ["all"]


def test_who_goes_on_asking_goes_on_being_refused() -> None:
    limits = Limits()
    minutes = [shares(limits, "8.8.8.8", 1, at=NOW + timedelta(minutes=at))[0] for at in range(120)]
    assert minutes[10:].count("none") > 100 and "all" not in minutes[10:]


def test_one_address_that_floods_takes_nothing_from_its_neighbors_and_other_companies() -> None:
    limits = Limits()
    shares(limits, "8.8.8.8", 500)
    assert shares(limits, "8.8.8.9", 1) == ["unreserved"] and shares(limits, "8.8.9.9", 1) == ["all"]
    assert limits.share("other", networks_of("8.8.8.8"), POOL, 50, NOW) == "all"


# Holding numbers


@pytest.mark.parametrize(
    ("addresses", "most"),
    [
        ([f"{SIX}:{index:x}00::1" for index in range(200)], 12),  # /56 networks of one /48
        ([f"2a00:1450:{index:x}::1" for index in range(200)], 25),  # /48 networks of one /32
        ([f"8.8.{index}.1" for index in range(200)], 25),
        ([f"8.8.8.{index}" for index in range(200)], 12),
        (["8.8.8.8"] * 200, 5),
        (["2a00:1450:4001:81b::200e"] * 200, 5),
    ],
)
def test_a_family_of_networks_holds_its_share_of_a_pool_however_it_asks(addresses: list[str], most: int) -> None:
    limits = Limits()
    assert sum(holds(limits, address, f"visit {index}") for index, address in enumerate(addresses)) == most


def test_nobody_holds_the_last_number_of_a_small_pool() -> None:
    limits = Limits()
    assert [holds(limits, "8.8.8.8", f"visit {index}", size=4) for index in range(5)] == [True] * 3 + [False] * 2
    assert holds(limits, "9.9.9.9", "another", size=4)


def test_a_number_is_free_for_its_network_when_its_time_is_over_or_it_is_released() -> None:
    limits = Limits()
    for index in range(5):
        holds(limits, "8.8.8.8", f"visit {index}")
    assert holds(limits, "8.8.8.8", "visit 0", NOW + timedelta(minutes=20)), "it stays"
    assert not holds(limits, "8.8.8.8", "late", NOW + timedelta(minutes=29))
    assert all(holds(limits, "8.8.8.8", f"later {index}", NOW + timedelta(minutes=31)) for index in range(4))
    assert not holds(limits, "8.8.8.8", "later 4", NOW + timedelta(minutes=31))
    limits.release("c", "later 0")
    assert holds(limits, "8.8.8.8", "later 4", NOW + timedelta(minutes=31))


def test_a_visit_that_moves_to_another_network_counts_there() -> None:
    limits = Limits()
    for index in range(5):
        assert holds(limits, "8.8.8.8", f"home {index}") and holds(limits, "9.9.9.9", f"mobile {index}")
    assert not holds(limits, "9.9.9.9", "home 0"), "the other network is full"
    limits.release("c", "mobile 0")
    assert holds(limits, "9.9.9.9", "home 0") and holds(limits, "8.8.8.8", "home 5")


def test_what_was_not_committed_is_not_held() -> None:
    limits = Limits()
    for index in range(3):
        holds(limits, "8.8.8.8", f"saved {index}")
    limits.saved(done=True)
    for index in range(2):
        holds(limits, "8.8.8.8", f"lost {index}")
    limits.saved(done=False)
    assert [holds(limits, "8.8.8.8", f"more {index}") for index in range(3)] == [True, True, False]


def test_a_network_that_asks_much_gives_its_numbers_up_each_once() -> None:
    limits = Limits()
    for address, visits in (("8.8.8.8", 1), ("8.9.9.9", 2), ("8.10.10.10", 9)):
        shares(limits, address, visits)
        for index in range(min(visits, 3)):
            holds(limits, address, f"{address} {index}")
    assert limits.recall("other", (), 10, NOW) == []
    assert limits.recall("c", (), 2, NOW) == ["8.10.10.10 2", "8.10.10.10 1"], "who asks most goes first"
    assert limits.recall("c", (), 10, NOW) == ["8.10.10.10 0", "8.9.9.9 1", "8.9.9.9 0"]
    assert limits.recall("c", (), 10, NOW) == []


def test_a_family_whose_networks_ask_once_each_gives_its_numbers_up_when_it_has_used_its_share() -> None:
    limits = Limits()
    for index in range(12):
        address = f"{SIX}:{index:x}00::1"
        assert shares(limits, address, 1) != ["none"] and holds(limits, address, f"visit {index}")
    assert shares(limits, f"{SIX}:ff00::1", 1) == ["none"]
    assert len(limits.recall("c", (), 50, NOW)) == 12


def test_a_network_that_has_become_quiet_keeps_its_numbers() -> None:
    limits = Limits()
    shares(limits, "8.8.9.9", 2)
    holds(limits, "8.8.9.9", "visit")
    assert limits.recall("c", (), 10, NOW + timedelta(minutes=6)) == []


def test_visitors_of_one_mobile_carrier_get_numbers_of_their_own() -> None:
    """A quarter of a pool's visitors come through one /24, as of a carrier that shares addresses; the pool is as full as it
    was made for."""
    limits, own, visitors = Limits(), 0, 240
    for index in range(visitors):  # 19 an hour, each for 30 minutes
        at = NOW + timedelta(minutes=index * 60 / 19)
        address = f"172.58.10.{index * 7 % 40}"
        own += shares(limits, address, 1, at=at) != ["none"] and holds(limits, address, f"visit {index}", at)
    assert own >= 0.98 * visitors


# Recording visits


@pytest.mark.soak
@pytest.mark.parametrize(
    "flood",
    [
        lambda index: "8.8.8.8",
        lambda index: f"8.8.{index // 250 % 250}.{index % 250}",
        lambda index: f"{SIX}:{index % 60_000:x}::1",
        lambda index: f"2a00:1450:{index % 60_000:x}::1",
        lambda index: f"2a0{index % 4}:1450:{index % 60_000:x}::1",
    ],
    ids=["one address", "a /16", "a /48", "a /32", "four /32"],
)
def test_three_hundred_visits_a_second_leave_nobody_else_unrecorded(flood) -> None:  # type: ignore[no-untyped-def]
    limits, unrecorded = Limits(), 0
    for second in range(100):
        now = NOW + timedelta(seconds=second)
        for index in range(300):
            limits.may_record("c", networks_of(flood(second * 300 + index)), now)
        unrecorded += not limits.may_record("c", networks_of(f"20.{second}.7.1"), now)
    assert unrecorded == 0


def test_a_refused_request_takes_nothing_from_the_company() -> None:
    limiter = NetworkLimiter(NetworkLimit(of_address=(2.0, 0.001), of_all=(10.0, 0.001)))
    assert sum(limiter.may("c", networks_of("8.8.8.8"), NOW) for _ in range(500)) == 2
    assert sum(limiter.may("c", (), NOW) for _ in range(20)) == 8
    assert not limiter.may("c", networks_of("9.9.9.9"), NOW) and limiter.may("other", networks_of("8.8.8.8"), NOW)


def test_the_last_half_of_a_companys_budget_is_for_quiet_networks() -> None:
    limiter = NetworkLimiter(NetworkLimit(of_address=(4.0, 0.001), of_all=(8.0, 0.001)))
    assert [limiter.may("c", networks_of("8.8.8.8"), NOW) for _ in range(4)] == [True] * 4
    assert [limiter.may("c", networks_of("9.9.9.9"), NOW) for _ in range(4)] == [True] + [False] * 3


def test_a_company_has_a_budget_of_its_own() -> None:
    limits = Limits()
    assert VISITS.of_all is not None
    capacity, per_second = VISITS.of_all
    assert sum(limits.may_record("c", (), NOW) for _ in range(int(capacity) + 50)) == capacity
    assert limits.may_record("other", (), NOW)
    assert limits.may_record("c", (), NOW + timedelta(seconds=capacity / per_second))


def test_addresses_without_end_do_not_push_out_the_bucket_of_their_network() -> None:
    limiter = NetworkLimiter(NetworkLimit(of_address=(1.0, 0.001)), most=20)
    asked = [limiter.may("c", networks_of(f"{SIX}:{index:x}::1"), NOW) for index in range(1_000)]
    assert asked.count(True) <= MULTIPLES[6][48]


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


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 90), st.booleans()), max_size=200))
def test_a_bucket_that_is_full_again_is_forgotten_and_nobody_notices(asked: list[tuple[int, float, bool]]) -> None:
    limiter, buckets = Buckets(), {key: TokenBucket(3.0, 0.1, 3.0, NOW) for key in range(31)}
    at = NOW
    for key, seconds, in_two in asked:
        at += timedelta(seconds=seconds)
        if in_two and key < 30:
            pair = [buckets[key], buckets[key + 1]]
            enough = [bucket.level_at(at) >= 1 for bucket in pair]
            assert (limiter.take_all([(key, (3.0, 0.1)), (key + 1, (3.0, 0.1))], None, at) is not None) == all(enough)
            for bucket, has in zip(pair, enough, strict=True):
                if all(enough) or not has:
                    bucket.take(at)
        else:
            assert limiter.take(key, (3.0, 0.1), at) == (buckets[key].take(at) >= 1)
    at += timedelta(minutes=2)
    for key in range(31, 41):
        limiter.take(key, (3.0, 0.1), at)
    assert len(limiter) <= 11


def test_only_so_many_buckets_are_remembered() -> None:
    buckets = Buckets(10)
    for index in range(30):
        buckets.take(index, (1.0, 0.001), NOW)
    assert not buckets.take(29, (1.0, 0.001), NOW) and buckets.take(3, (1.0, 0.001), NOW)


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("8.8.8.8", "8.8.8.8/32 8.8.8.0/24 8.8.0.0/16"),
        ("::ffff:8.8.8.8", "8.8.8.8/32 8.8.8.0/24 8.8.0.0/16"),
        (
            "2a00:1450:4001:81b::200e%eth0",
            "2a00:1450:4001:81b::/64 2a00:1450:4001:800::/56 2a00:1450:4001::/48 2a00:1450::/32",
        ),
        ("10.0.0.7", ""),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("fd00::1", ""),
        ("testclient", ""),
        ("", ""),
        (None, ""),
        ("8.8.8.8:443", ""),
    ],
)
def test_the_networks_of_a_public_address_are_narrowest_first(address: str | None, networks: str) -> None:
    assert [each.text for each in networks_of(address)] == networks.split()


def test_a_subscriber_is_known_by_a_24_or_a_56() -> None:
    assert network_of("8.8.8.8") == "8.8.8.0/24" and network_of("127.0.0.1") is None
    assert network_of("2a00:1450:4001:81b::200e") == "2a00:1450:4001:800::/56"


@given(st.text(max_size=60))
def test_whatever_an_address_is_it_does_no_harm(address: str) -> None:
    networks_of(address)


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
