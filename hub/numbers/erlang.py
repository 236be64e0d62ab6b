"""Erlang B formula: the fraction of visitors who find a pool fully used, and the pool size for a given fraction.

Visitors arrive independently at a mean rate, each holds a number for a while, and a visitor who finds none does not
wait. Only the mean holding time matters, not its distribution. Source: A. K. Erlang, 1917.
"""

from __future__ import annotations

MAX_POOL_SIZE = 100_000
"""Maximum size of a pool, in numbers."""


def blocking(numbers: int, load: float) -> float:
    """The fraction of arrivals (0 to 1) that finds all `numbers` in use at an offered `load`, in erlangs.

    The load is the arrival rate times the mean holding time: 60 visitors per hour with half an hour each give 30.
    """
    if load <= 0:
        return 1.0 if numbers == 0 else 0.0
    part = 1.0
    for count in range(1, numbers + 1):
        part = load * part / (count + load * part)
    return part


def numbers_needed(load: float, blocked: float) -> int:
    """The fewest numbers with which at most the fraction `blocked` (above 0) of arrivals finds none."""
    if not 0 < blocked <= 1:
        raise ValueError("the blocked part must be above 0 and at most 1")
    if load <= 0:
        return 0
    part, count = 1.0, 0
    while part > blocked and count < MAX_POOL_SIZE:
        count += 1
        part = load * part / (count + load * part)
    return count
