"""Erlang's formula B: what part of the visitors finds a pool of a given size all taken, and what size that needs.

Visitors come independently of each other at a mean rate, each holds a number for a while, and one who finds none does
not wait. Only the mean of the holding times matters, not how they are spread. Source: A. K. Erlang, 1917.
"""

from __future__ import annotations

LARGEST = 100_000
"""Numbers; nobody rents more for one pool."""


def blocking(numbers: int, load: float) -> float:
    """The part of arrivals (0 to 1) that finds all `numbers` taken at an offered `load`, in erlangs.

    The load is the arrival rate times the mean holding time: 60 visitors an hour who hold half an hour each are 30.
    """
    if load <= 0:
        return 1.0 if numbers == 0 else 0.0
    part = 1.0
    for count in range(1, numbers + 1):
        part = load * part / (count + load * part)
    return part


def numbers_needed(load: float, blocked: float) -> int:
    """The fewest numbers at which no more than `blocked` (above 0) of the arrivals finds none."""
    if not 0 < blocked <= 1:
        raise ValueError("the blocked part must be above 0 and at most 1")
    if load <= 0:
        return 0
    part, count = 1.0, 0
    while part > blocked and count < LARGEST:
        count += 1
        part = load * part / (count + load * part)
    return count
