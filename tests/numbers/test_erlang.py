"""Erlang's formula: the size of a pool, against a published table and against the formula as it is defined."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.numbers.erlang import blocking, numbers_needed

# Offered load in erlangs that N trunks carry at a blocking of 1 % and 5 %, from the usual Erlang B table.
TABLE = [
    (1, 0.01, 0.0101),
    (2, 0.01, 0.153),
    (5, 0.01, 1.36),
    (10, 0.01, 4.46),
    (20, 0.01, 12.0),
    (30, 0.01, 20.3),
    (50, 0.01, 37.9),
    (100, 0.01, 84.1),
    (1, 0.05, 0.0526),
    (5, 0.05, 2.22),
    (10, 0.05, 6.22),
    (20, 0.05, 15.2),
    (50, 0.05, 44.5),
]


def by_definition(numbers: int, load: Fraction) -> Fraction:
    """A^N/N! over the sum of A^k/k!, exactly."""
    terms = [load**count / factorial(count) for count in range(numbers + 1)]
    return terms[-1] / sum(terms)


@pytest.mark.parametrize(("numbers", "blocked", "load"), TABLE)
def test_the_published_table_is_met(numbers: int, blocked: float, load: float) -> None:
    assert blocking(numbers, load) == pytest.approx(blocked, rel=0.05)
    assert numbers_needed(load * 0.995, blocked) == numbers


@given(st.integers(0, 60), st.fractions(0, 80, max_denominator=64))
def test_the_recursion_is_the_formula(numbers: int, load: Fraction) -> None:
    assert blocking(numbers, float(load)) == pytest.approx(float(by_definition(numbers, load)), rel=1e-9, abs=1e-300)


@given(st.integers(0, 500), st.floats(0.01, 400), st.floats(0.01, 50))
def test_more_numbers_block_less_and_more_visitors_are_blocked_more(numbers: int, load: float, more: float) -> None:
    part = blocking(numbers, load)
    assert 0 <= blocking(numbers + 1, load) <= part <= 1
    assert blocking(numbers, load + more) >= part


@given(st.floats(0.001, 400), st.floats(0.0005, 0.5))
def test_the_needed_size_is_enough_and_one_less_is_not(load: float, blocked: float) -> None:
    needed = numbers_needed(load, blocked)
    assert blocking(needed, load) <= blocked
    assert blocking(needed - 1, load) > blocked


@pytest.mark.parametrize("blocked", [0, -0.1, 1.1])
def test_a_part_that_is_none_is_refused(blocked: float) -> None:
    with pytest.raises(ValueError, match="blocked part"):
        numbers_needed(10, blocked)


def test_nobody_who_comes_needs_no_number() -> None:
    assert numbers_needed(0, 0.01) == 0 and blocking(0, 0) == 1.0 and blocking(3, 0) == 0.0
