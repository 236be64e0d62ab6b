"""Credit: every model divides one contact wholly among the touches that led to it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reports.credits import MODELS, WHOLE, Model, Touch, apportion, credits

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

touches = st.lists(
    st.builds(
        Touch,
        at=st.integers(-5, 5).map(lambda days: NOON + timedelta(days=days * 3)),
        kind=st.sampled_from(["visit", "call", "text", "form"]),
        id=st.text("abcdef", min_size=1, max_size=3),
        led=st.booleans(),
    ),
    unique_by=lambda touch: (touch.kind, touch.id),
    max_size=12,
)


def touch(days: float, name: str, led: bool = False) -> Touch:
    return Touch(NOON + timedelta(days=days), "visit", name, led=led)


def shares(model: Model, *given: Touch) -> dict[str, float]:
    return {each.id: part / WHOLE for each, part in credits(given, model)}


@given(touches, st.sampled_from(MODELS), st.randoms())
def test_credits_add_up_to_one_contact_and_do_not_depend_on_the_order(
    given: list[Touch], model: Model, draw: random.Random
) -> None:
    found = credits(given, model)
    assert sum(part for _, part in found) == (WHOLE if given else 0)
    assert all(part > 0 for _, part in found)
    shuffled = list(given)
    draw.shuffle(shuffled)
    assert credits(shuffled, model) == found


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=20).filter(any))
def test_parts_add_up_and_lie_within_one_of_their_share(total: int, shares: list[int]) -> None:
    parts = apportion(total, shares)
    assert sum(parts) == total
    assert all(abs(part * sum(shares) - total * share) < sum(shares) for part, share in zip(parts, shares, strict=True))


JOURNEY = (touch(-14, "first"), touch(-7, "lead", led=True), touch(0, "last", led=True))


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("first", {"first": 1}),
        ("last", {"last": 1}),
        ("lead", {"lead": 1}),
        ("linear", {"first": 0.333334, "lead": 0.333333, "last": 0.333333}),
        ("position", {"first": 0.5, "lead": 0.5}),
        ("decay", {"first": 0.142857, "lead": 0.285714, "last": 0.571429}),
    ],
)
def test_each_model_gives_what_its_name_says(model: Model, wanted: dict[str, float]) -> None:
    assert shares(model, *JOURNEY) == wanted


@pytest.mark.parametrize("model", MODELS)
def test_a_single_touch_gets_all(model: Model) -> None:
    assert shares(model, touch(0, "only")) == {"only": 1}


def test_with_two_touches_position_gives_half_to_each_where_the_second_led_to_the_first_contact() -> None:
    assert shares("position", touch(0, "one"), touch(1, "two", led=True)) == {"one": 0.5, "two": 0.5}
    assert shares("position", touch(0, "one", led=True), touch(1, "two", led=True)) == {"one": 1}


def test_of_somebody_who_was_never_in_contact_the_last_touch_is_the_lead() -> None:
    assert shares("lead", touch(0, "one"), touch(1, "two")) == {"two": 1}


def test_a_very_old_touch_still_gets_a_little() -> None:
    found = credits([touch(-4_000, "old"), touch(0, "new")], "decay")
    assert sum(part for _, part in found) == WHOLE
