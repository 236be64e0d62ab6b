"""The guard: a connector that raises, hangs or lies is left alone for a while, and harms no other."""

from __future__ import annotations

import subprocess
import sys
import threading
from asyncio import CancelledError
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from no_threads import no_new_threads

from hub.errors import (
    AuthError,
    BadPayload,
    CircuitOpen,
    PluginFailure,
    PluginTimeout,
    Rejected,
    RetryLater,
    RingfenceError,
)
from hub.hookspecs import FAMILIES
from hub.plugin_host.circuit_breaker import CircuitBreaker
from hub.plugin_host.guard import Guard, lane_of
from hub.plugin_host.thread_pool import DaemonThreadPool, Task


@dataclass
class Time:
    """Monotonic time that stands still."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def guard(time: Time) -> Iterator[Guard]:
    made = Guard("google", time)
    yield made
    made.close()


def crash() -> None:
    raise KeyError("a secret of the plugin")


def fail(guard: Guard, times: int, hook: str = "upload_conversions") -> None:
    for _ in range(times):
        with pytest.raises(PluginFailure):
            guard.call(hook, crash)


# What a call may do


def test_a_result_comes_back_as_it_is(guard: Guard) -> None:
    assert guard.call("list_calls", lambda: [1, 2]) == [1, 2]


@pytest.mark.parametrize("error", [AuthError("a"), Rejected("b", code="c"), RetryLater("d", after=3), BadPayload("e")])
def test_an_error_of_ours_comes_back_as_the_plugin_raised_it(guard: Guard, error: Exception) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        guard.call("list_calls", work)
    assert caught.value is error


def test_a_crash_is_told_by_its_place_and_never_by_its_words(guard: Guard) -> None:
    with pytest.raises(
        PluginFailure, match=r"connector 'google' crashed in list_calls \(KeyError at test_guard.py:"
    ) as e:
        guard.call("list_calls", crash)
    assert "secret" not in str(e.value) and e.value.__cause__ is None


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, CancelledError, BaseException])
def test_a_call_may_raise_anything_and_is_a_crash_like_any_other(guard: Guard, error: type[BaseException]) -> None:
    def work() -> None:
        raise error("a secret of the plugin")

    for _ in range(10):
        with pytest.raises(PluginFailure, match=rf"crashed in list_calls \({error.__name__} at") as caught:
            guard.call("list_calls", work)
        assert "secret" not in str(caught.value)
    with pytest.raises(CircuitOpen):
        guard.call("list_calls", work)


def test_what_the_callback_of_a_call_raises_ends_no_thread_of_the_pool() -> None:
    crew = DaemonThreadPool("google", max_threads=1)
    for _ in range(3):
        call: Task[None] = Task()
        call.add_done_callback(lambda _: sys.exit())
        crew.submit(call, lambda: None)
    last: Task[bool] = Task()
    crew.submit(last, lambda: True)
    assert last.result(timeout=10)
    crew.close()


def test_a_pool_without_a_thread_works_again_when_the_system_gives_threads() -> None:
    pool = DaemonThreadPool("google", max_threads=1)
    for _ in range(2):
        with no_new_threads(), pytest.raises(RuntimeError):
            pool.submit(Task[bool](), lambda: True)
    last: Task[bool] = Task()
    pool.submit(last, lambda: True)
    assert last.result(timeout=10)
    pool.close()


@pytest.mark.usefixtures("own_deadlines")
def test_a_call_that_hangs_ends_at_its_deadline(guard: Guard) -> None:
    go = threading.Event()
    with pytest.raises(PluginTimeout, match=r"did not answer list_calls within 0\.01 s"):
        guard.call("list_calls", lambda: go.wait(10), deadline=0.01)
    go.set()


def test_a_network_that_hangs_delays_no_answer_to_a_caller(guard: Guard) -> None:
    go = threading.Event()
    for _ in range(8):
        guard.submit("upload_conversions", lambda: go.wait(10))
    assert guard.call("verify_webhook", lambda: "genuine") == "genuine"
    assert guard.call("render_answer", lambda: "document") == "document"
    go.set()


@pytest.mark.parametrize("hook", [name for family in FAMILIES for name in vars(family) if not name.startswith("_")])
def test_every_hook_has_its_road(hook: str) -> None:
    local = {"parse_webhook", "render_answer", "acknowledge_webhook", "judge", "list_rules", "list_sources"}
    local |= {"check_conversion", "companion_process"}
    assert lane_of(hook) == ("verify" if hook == "verify_webhook" else "local" if hook in local else "network")


def test_a_plugin_that_hangs_for_ever_does_not_keep_the_hub_from_ending() -> None:
    script = """
import threading
from hub.plugin_host.guard import Guard
guard = Guard("google")
try:
    guard.call("list_calls", threading.Event().wait, deadline=0.01)
except Exception as error:
    print(type(error).__name__)
guard.close()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert "PluginTimeout" in done.stdout


# The circuit breaker


def test_it_opens_after_ten_failures_in_a_row(guard: Guard) -> None:
    fail(guard, 10)
    with pytest.raises(CircuitOpen) as caught:
        guard.call("upload_conversions", lambda: "well")
    assert caught.value.after == 30.0


def test_nine_failures_are_not_enough_and_one_success_starts_the_count_anew(guard: Guard) -> None:
    for _ in range(3):
        for _ in range(30):
            guard.breakers["network"].record(True)
        fail(guard, 9)
    guard.call("upload_conversions", lambda: "well")


def test_it_opens_when_half_of_ten_tries_in_five_minutes_failed(time: Time) -> None:
    breaker = CircuitBreaker(time)
    for index in range(9):
        breaker.record(index % 2 == 0)
    assert breaker.state == "closed"
    breaker.record(False)
    assert breaker.state == "open"


def test_failures_of_more_than_five_minutes_ago_count_no_more(time: Time) -> None:
    breaker = CircuitBreaker(time)
    for index in range(9):
        breaker.record(index % 2 == 0)
    time.now += 301
    breaker.record(False)
    assert breaker.state == "closed"


def test_it_lets_one_probe_through_and_closes_when_that_is_well(guard: Guard, time: Time) -> None:
    fail(guard, 10)
    time.now += 30
    started, go = threading.Event(), threading.Event()

    def probe() -> str:
        started.set()
        go.wait(10)
        return "well"

    call = guard.submit("upload_conversions", probe)
    assert started.wait(10)
    with pytest.raises(CircuitOpen):
        guard.call("upload_conversions", lambda: "a second one")
    go.set()
    assert call.result(10) == "well"
    assert guard.call("upload_conversions", lambda: "well") == "well"


def test_its_rests_double_up_to_a_quarter_of_an_hour(guard: Guard, time: Time) -> None:
    fail(guard, 10)
    rests = []
    for _ in range(8):
        with pytest.raises(CircuitOpen) as caught:
            guard.call("upload_conversions", lambda: "no")
        rests.append(caught.value.after)
        time.now += caught.value.after
        fail(guard, 1)
    assert rests == [30, 60, 120, 240, 480, 900, 900, 900]
    time.now += 900
    guard.call("upload_conversions", lambda: "well")
    fail(guard, 10)
    assert wait_of(guard.breakers["network"]) == 30


def wait_of(breaker: CircuitBreaker) -> float:
    """The seconds for which an open breaker refuses calls."""
    with pytest.raises(CircuitOpen) as caught:
        breaker.admit("x")
    return caught.value.after


def test_failures_of_calls_from_before_the_opening_do_not_lengthen_the_rest(time: Time) -> None:
    breaker = CircuitBreaker(time)
    for _ in range(14):
        breaker.record(False)
    assert wait_of(breaker) == 30


@pytest.mark.usefixtures("own_deadlines")
def test_a_slow_plugin_does_not_close_its_breaker_by_answering_too_late(guard: Guard) -> None:
    for _ in range(10):
        go = threading.Event()
        call = guard.submit("upload_conversions", lambda go=go: go.wait(10))  # type: ignore[misc]
        with pytest.raises(PluginTimeout):
            guard.wait("upload_conversions", call, deadline=0.001)
        go.set()
        call.cancelled() or call.result(10)
    assert guard.breakers["network"].state == "open"


@pytest.mark.parametrize(
    ("error", "opens"),
    [(RetryLater("down"), True), (PluginFailure("lied"), True), (AuthError("no"), False), (Rejected("no"), False)],
)
def test_only_trouble_of_the_provider_or_the_plugin_counts(guard: Guard, error: Exception, opens: bool) -> None:
    def work() -> None:
        raise error

    for _ in range(12):
        with pytest.raises(RingfenceError):
            guard.call("list_calls", work)
    assert (guard.breakers["network"].state == "open") == opens


def test_a_call_that_fails_on_each_of_its_items_is_a_failure(guard: Guard) -> None:
    for _ in range(10):
        guard.call("enrich_caller", lambda: [RetryLater("down"), PluginFailure("crashed")])
    assert guard.breakers["network"].state == "open"


@pytest.mark.parametrize("answers", [[], [RetryLater("down"), "well"], [BadPayload("odd"), BadPayload("odd")]])
def test_a_call_with_an_item_that_is_well_or_merely_odd_is_no_failure(guard: Guard, answers: list[Any]) -> None:
    for _ in range(12):
        guard.call("parse_webhook", lambda: answers)
    assert guard.breakers["local"].state == "closed"


def test_one_connectors_breaker_is_no_others_and_one_roads_no_others(time: Time) -> None:
    one, other = Guard("one", time), Guard("other", time)
    fail(one, 10)
    assert other.call("upload_conversions", lambda: "well") == "well"
    assert one.call("render_answer", lambda: "well") == "well"
    one.close()
    other.close()


@given(steps=st.lists(st.tuples(st.floats(0, 200), st.booleans()), max_size=60))
def test_a_breaker_never_rests_longer_than_a_quarter_of_an_hour_and_always_asks_again(
    steps: list[tuple[float, bool]],
) -> None:
    time = Time()
    breaker = CircuitBreaker(time)
    for wait, good in steps:
        time.now += wait
        try:
            breaker.admit("x")
        except CircuitOpen as error:
            assert 0 < error.after <= 900
            continue
        breaker.record(good)
        assert not good or breaker.state == "closed"
    time.now += 900
    breaker.admit("x")


def test_closing_cancels_what_has_not_begun(time: Time) -> None:
    guard = Guard("x", time)
    go = threading.Event()
    calls = [guard.submit("list_calls", lambda: go.wait(10)) for _ in range(9)]
    guard.close()
    go.set()
    assert sum(call.cancelled() for call in calls) >= 4
    with pytest.raises(RuntimeError):
        guard.submit("list_calls", lambda: None)


def test_many_calls_at_once_all_come_back(guard: Guard) -> None:
    calls = [guard.submit("list_calls", partial(int, index)) for index in range(300)]
    assert [call.result(10) for call in calls] == list(range(300))
