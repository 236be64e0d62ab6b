"""Credits: divide a call, text or form among the touches that led to it, by one of six models.

`first`      all to the first touch
`last`       all to the last touch, the cause that `hub call` shows
`lead`       all to the lead creation: the touch that led to the person's first contact
`linear`     equal parts to every touch
`position`   half to the first touch and half to the lead creation; all to that touch if both are the same
`decay`      twice as much to a touch as to one seven days earlier
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Literal, NamedTuple, Protocol, get_args

TouchKind = Literal["visit", "call", "text", "form"]
Model = Literal["first", "last", "lead", "linear", "position", "decay"]
MODELS: tuple[Model, ...] = get_args(Model)
HALF_LIFE = timedelta(days=7)
WHOLE = 1_000_000
"""Credits are whole millionths of one contact, so that the parts add up exactly in any order."""

_KINDS: Mapping[str, int] = {kind: rank for rank, kind in enumerate(get_args(TouchKind))}
_FINENESS = 1 << 40


class Touch(NamedTuple):
    """One contact between a person and a company. `led` says that it led to a call, text or form."""

    at: datetime
    kind: TouchKind
    id: str
    source: str = "unknown"
    medium: str = "unknown"
    campaign: str | None = None
    keyword: str | None = None
    landing_page: str | None = None
    led: bool = False


class Met(Protocol):
    """A touch, or a contact that will become a touch."""

    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> TouchKind: ...
    @property
    def id(self) -> str: ...


def in_order(met: Met) -> tuple[datetime, int, str]:
    """The sort key of touches: time; at the same time a visit comes first, then the older id."""
    return met.at, _KINDS[met.kind], met.id


def credits(touches: Iterable[Touch], model: Model) -> list[tuple[Touch, int]]:
    """The touches that get credit, ordered by time, each with its millionths; they add up to WHOLE exactly.

    The order of `touches` does not matter. Without touches the result is empty.
    """
    ordered = sorted(touches, key=in_order)
    return [(ordered[index], part) for index, part in divide(ordered, model)] if ordered else []


def divide(ordered: Sequence[Touch], model: Model) -> list[tuple[int, int]]:
    """As `credits`, for touches that are already sorted: (index, millionths) of each touch that gets credit."""
    return [(0, WHOLE)] if len(ordered) == 1 else _DIVISIONS[model](ordered)


def apportion(total: int, shares: Sequence[int]) -> list[int]:
    """Divide a whole number in proportion to `shares`; the parts are whole and add up to it exactly.

    The rest after rounding down goes in single units to the largest remainders; of equal remainders, to the first.
    """
    if len(shares) == 1:
        return [total]
    if total < 0:
        return [-part for part in apportion(-total, shares)]
    whole = sum(shares)
    parts, remainders = zip(*(divmod(total * share, whole) for share in shares), strict=True)
    divided = list(parts)
    for index in sorted(range(len(shares)), key=lambda index: -remainders[index])[: total - sum(parts)]:
        divided[index] += 1
    return divided


def _lead(ordered: Sequence[Touch]) -> int:
    """The lead creation; the last touch if the person has not been in contact yet."""
    return next((index for index, touch in enumerate(ordered) if touch.led), len(ordered) - 1)


@cache
def _evenly(count: int) -> list[tuple[int, int]]:
    return list(enumerate(apportion(WHOLE, [1] * count)))


def _position(ordered: Sequence[Touch]) -> list[tuple[int, int]]:
    lead = _lead(ordered)
    return [(0, WHOLE // 2), (lead, WHOLE - WHOLE // 2)] if lead else [(0, WHOLE)]


def _decay(ordered: Sequence[Touch]) -> list[tuple[int, int]]:
    last = ordered[-1].at
    shares = [round(_FINENESS * 0.5 ** ((last - touch.at) / HALF_LIFE)) for touch in ordered]
    return [(index, part) for index, part in enumerate(apportion(WHOLE, shares)) if part]


_DIVISIONS: Mapping[Model, Callable[[Sequence[Touch]], list[tuple[int, int]]]] = {
    "first": lambda ordered: [(0, WHOLE)],
    "last": lambda ordered: [(len(ordered) - 1, WHOLE)],
    "lead": lambda ordered: [(_lead(ordered), WHOLE)],
    "linear": lambda ordered: _evenly(len(ordered)),
    "position": _position,
    "decay": _decay,
}
