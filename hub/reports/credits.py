"""Credit: how a call, text or form is divided among the touches that led to it, by one of six models.

`first`      all to the first touch
`last`       all to the last touch, the cause that `hub call` shows
`lead`       all to the lead creation: the touch that led to the person's first contact
`linear`     the same to every touch
`position`   half to the first touch and half to the lead creation; all to that touch where both are one
`decay`      twice as much to a touch as to one that lies seven days further back
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

TouchKind = Literal["visit", "call", "text", "form"]
Model = Literal["first", "last", "lead", "linear", "position", "decay"]
MODELS: tuple[Model, ...] = get_args(Model)
HALF_LIFE = timedelta(days=7)
WHOLE = 1_000_000
"""Credits are whole millionths of one contact, so that parts always add up, in whatever order they are added."""

_KINDS: Mapping[str, int] = {kind: rank for rank, kind in enumerate(get_args(TouchKind))}
_FINENESS = 1 << 40


@dataclass(frozen=True, slots=True)
class Touch:
    """One time that a person and a company met. `led` says that a call, text or form came of it."""

    at: datetime
    kind: TouchKind
    id: str
    source: str = "unknown"
    medium: str = "unknown"
    campaign: str | None = None
    keyword: str | None = None
    landing_page: str | None = None
    led: bool = False


def in_order(touch: Touch) -> tuple[datetime, int, str]:
    """The key that touches are sorted by: time; at the same moment a visit comes first, then the older id."""
    return touch.at, _KINDS[touch.kind], touch.id


def credits(touches: Iterable[Touch], model: Model) -> list[tuple[Touch, int]]:
    """The touches that get credit, in order of time, each with its millionths; they add up to WHOLE exactly.

    The order of `touches` does not matter. Without any there is no credit to give.
    """
    ordered = sorted(touches, key=in_order)
    if not ordered:
        return []
    if len(ordered) == 1:
        return [(ordered[0], WHOLE)]
    parts = apportion(WHOLE, _SHARES[model](ordered))
    return [(touch, part) for touch, part in zip(ordered, parts, strict=True) if part]


def apportion(total: int, shares: Sequence[int]) -> list[int]:
    """Divide a whole number in proportion to `shares`; the parts are whole and add up to it exactly.

    What is left after rounding down goes one by one to the largest remainders, of equal ones to the first.
    """
    if total < 0:
        return [-part for part in apportion(-total, shares)]
    whole = sum(shares)
    parts, remainders = zip(*(divmod(total * share, whole) for share in shares), strict=True)
    divided = list(parts)
    for index in sorted(range(len(shares)), key=lambda index: -remainders[index])[: total - sum(parts)]:
        divided[index] += 1
    return divided


def _only(index: int, length: int) -> list[int]:
    return [int(each == index) for each in range(length)]


def _lead(ordered: Sequence[Touch]) -> int:
    """The lead creation; of a person who has not been in contact yet, the last touch."""
    return next((index for index, touch in enumerate(ordered) if touch.led), len(ordered) - 1)


def _position(ordered: Sequence[Touch]) -> list[int]:
    lead = _lead(ordered)
    return [int(index == 0) + int(index == lead) for index in range(len(ordered))]


def _decay(ordered: Sequence[Touch]) -> list[int]:
    last = ordered[-1].at
    return [max(1, round(_FINENESS * 0.5 ** ((last - touch.at) / HALF_LIFE))) for touch in ordered]


_SHARES: Mapping[Model, Callable[[Sequence[Touch]], list[int]]] = {
    "first": lambda ordered: _only(0, len(ordered)),
    "last": lambda ordered: _only(len(ordered) - 1, len(ordered)),
    "lead": lambda ordered: _only(_lead(ordered), len(ordered)),
    "linear": lambda ordered: [1] * len(ordered),
    "position": _position,
    "decay": _decay,
}
