"""Guessing is slowed down more and more, and no stranger locks a user out."""

from __future__ import annotations

from datetime import timedelta

from staff import Staff

from hub.access.sign_in.devices import device_of, new_device
from hub.access.sign_in.throttle import Throttle, code_counts, password_counts
from hub.store.encryption.keyring import Keyring, new_key
from hub.testing import FrozenClock


def try_until_refused(throttle: Throttle, clock: FrozenClock, counts: list, most: int = 200) -> int:  # type: ignore[type-arg]
    for tries in range(most):
        if throttle.begin(counts, clock()):
            return tries
    return most


def test_after_five_wrong_passwords_each_wait_is_twice_the_last_up_to_fifteen_minutes() -> None:
    throttle, clock, waits = Throttle(), FrozenClock(), []
    counts = password_counts("maria", "203.0.113.0/24", None)
    assert try_until_refused(throttle, clock, counts) == 5
    for _ in range(8):
        waits.append(throttle.begin(counts, clock()).total_seconds())
        assert throttle.begin(counts, clock()).total_seconds() == waits[-1], (
            "a try that comes too early makes nothing longer"
        )
        clock.advance(seconds=waits[-1])
        assert throttle.begin(counts, clock()) == timedelta()
    assert waits == [20, 40, 80, 160, 320, 640, 900, 900]
    clock.advance(hours=1)
    assert try_until_refused(throttle, clock, counts) == 5, "after an hour it is forgotten"


def test_a_right_password_ends_the_wait() -> None:
    throttle, clock = Throttle(), FrozenClock()
    counts = password_counts("maria", "203.0.113.0/24", None)
    for _ in range(5):
        for _ in range(4):
            assert not throttle.begin(counts, clock())
        throttle.succeed(counts)
    assert try_until_refused(throttle, clock, counts) == 5


def test_one_network_that_tries_many_names_is_slowed_down() -> None:
    throttle, clock = Throttle(), FrozenClock()
    begun = [not throttle.begin(password_counts(f"user{n}", "203.0.113.0/24", None), clock()) for n in range(100)]
    assert begun.count(True) == 30
    assert not throttle.begin(password_counts("maria", "198.51.100.0/24", None), clock()), "others are not"


def test_strangers_slow_a_user_down_by_seconds_and_a_known_browser_not_at_all() -> None:
    throttle, clock = Throttle(), FrozenClock()
    for n in range(1_000):
        throttle.begin(password_counts("maria", f"198.51.{n}.0/24", None), clock())
        clock.advance(seconds=1)
    elsewhere = password_counts("maria", "203.0.113.0/24", None)
    wait = throttle.begin(elsewhere, clock())
    assert wait <= timedelta(seconds=20)
    assert not throttle.begin(password_counts("maria", "203.0.113.0/24", "her-browser"), clock())
    assert try_until_refused(throttle, clock, code_counts("maria-id", "her-browser")) == 5


def test_a_stranger_who_tries_all_the_time_from_the_same_networks_keeps_no_user_out() -> None:
    throttle, clock = Throttle(), FrozenClock()

    def begin(network: str, wide: str) -> bool:
        failed = throttle.has_failed("maria", wide, clock())
        return not throttle.begin(password_counts("maria", network, None, wide, failed), clock())

    for n in range(720):
        begin(f"2001:db8:5:{n % 256:x}00::/56", "2001:db8:5::/48")
        begin(f"198.{n % 20}.0.0/24", f"198.{n % 20}.0.0/16")
        clock.advance(seconds=5)
    assert begin("203.0.113.0/24", "203.0.0.0/16"), "the right password was not even looked at"


def test_a_try_that_was_not_looked_at_counts_nowhere() -> None:
    throttle, clock = Throttle(), FrozenClock()
    counts = password_counts("maria", "203.0.113.0/24", None)
    for _ in range(20):
        assert not throttle.begin(counts, clock())
        throttle.take_back(counts)
    assert try_until_refused(throttle, clock, counts) == 5


def test_a_name_that_nobody_has_is_slowed_down_alike() -> None:
    for name in ("maria", "nobody"):
        assert try_until_refused(Throttle(), FrozenClock(), password_counts(name, "203.0.113.0/24", None)) == 5


def test_the_counts_of_a_process_are_bounded() -> None:
    throttle, clock = Throttle(most=100), FrozenClock()
    for n in range(1_000):
        throttle.begin(password_counts(f"user{n}", f"198.51.{n}.0/24", None), clock())
    assert len(throttle._counts) <= 100


def test_a_device_cookie_is_good_for_its_user_and_hub_alone(lite_staff: Staff) -> None:
    cookie = new_device(lite_staff.keyring, "maria-id")
    device = device_of(lite_staff.keyring, cookie, "maria-id")
    assert device and cookie.startswith(device)
    assert device_of(lite_staff.keyring, cookie, "eve-id") is None
    assert device_of(Keyring([new_key()]), cookie, "maria-id") is None
    for wrong in ("", cookie[:-1], cookie.upper(), f"{'0' * 32}.{cookie[33:]}", "é.é"):
        assert device_of(lite_staff.keyring, wrong, "maria-id") is None
