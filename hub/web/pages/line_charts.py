"""Lines over weeks as SVG text, drawn on the server like the other charts (`hub.web.pages.charts`).

Lines may begin above 0, because what one reads is how they rise and fall; a page that shows such an axis says so. A week
without a value, such as a ratio of nothing, is a gap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

Value = Decimal | int | None
Point = tuple[float, float]
FLAT = 0.2
"""A line whose values differ by less than this part of the largest is drawn that much lower, not blown up."""
FROM_ZERO = 0.4
"""The axis begins at 0 if the least value is below this part of the largest."""
GRID = 4
END_GAP = 13
"""Pixels between the two values at the ends of lines, at least."""
AXIS_CHARACTER = 8
"""Pixels that a character of the axis takes at most; the values at the ends of lines are bold."""
END_CHARACTER = 9


@dataclass(frozen=True)
class Axis:
    """Where the vertical axis begins and ends, and the distance of its grid lines."""

    low: float
    high: float
    step: float

    @property
    def lines(self) -> list[float]:
        """The values of its grid lines."""
        return [self.low + self.step * each for each in range(round((self.high - self.low) / self.step) + 1)]


def axis_of(*series: Sequence[Value]) -> Axis:
    """An axis with round numbers that all values fit on."""
    values = [float(each) for line in series for each in line if each is not None] or [0.0]
    least, most = min(values), max(values)
    spread = max(most - least, FLAT * most)
    low = 0.0 if least < FROM_ZERO * most or most <= 0 else max(0.0, (most + least - spread) / 2)
    step = _round_step((max(most, low + spread) - low) / GRID or 1.0)
    low = math.floor(round(low / step, 6)) * step
    high = low + step * max(1, math.ceil(round((most - low) / step, 6)))
    return Axis(low, high, step)


def over_weeks(
    size: tuple[int, int],
    labels: Sequence[str],
    values: Sequence[Value],
    before: Sequence[Value],
    text: Callable[[Value], str],
    title: str,
    *,
    every: int,
    kind: str = "wide",
) -> Markup:
    """A line with its former one, thin and grey; their last values stand at their ends. `every` nth label is written, and the
    last; `text` writes a value."""
    axis, (width, height) = axis_of(values, before), size
    marks = [(level, text(Decimal(str(round(level, 6))))) for level in axis.lines]
    ends = [text(line[-1]) for line in (values, before) if line]
    left = max(44, 8 + AXIS_CHARACTER * max(len(words) for _, words in marks))
    right, top, bottom = max(52, 10 + END_CHARACTER * max(map(len, ends), default=0)), 12, 24
    drawn = [f'<svg class="chart lines {kind}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">']
    place = _placing((left, width - right), (height - bottom, top), len(labels), (axis.low, axis.high))
    for level, words in marks:
        y, css = place(0, level)[1], "base" if level == axis.low else "grid"
        drawn.append(f'<line class="{css}" x1="{left}" x2="{width - right}" y1="{_n(y)}" y2="{_n(y)}"/>')
        drawn.append(f'<text x="{left - 8}" y="{_n(y + 4)}" text-anchor="end">{escape(words)}</text>')
    for number, label in enumerate(labels):
        x = place(number, axis.low)[0]
        if (len(labels) - 1 - number) % every == 0:
            drawn.append(f'<text x="{_n(x)}" y="{height - 5}" text-anchor="middle">{escape(label)}</text>')
    drawn += _line("former", before, place)
    drawn += _line("l", values, place)
    for number, value in enumerate(values):
        if value is not None:
            x, y = place(number, float(value))
            former = text(before[number]) if number < len(before) else text(None)
            words = f"{escape(labels[number])}: {escape(text(value))}; before {escape(former)}"
            drawn.append(f'<g><title>{words}</title><circle class="dot" cx="{_n(x)}" cy="{_n(y)}" r="2.4"/></g>')
    drawn += _ends(values, before, place, text)
    return Markup("".join([*drawn, "</svg>"]))


def small_lines(values: Sequence[Value], before: Sequence[Value], label: str) -> Markup:
    """A small line with its former one, on a scale of its own."""
    place = _placing((4, 236), (56, 8), len(values), _own_scale([*values, *before]))
    drawn = [*_line("former", before, place), *_line("l", values, place), *_last_dot(values, place, 3)]
    return Markup(
        f'<svg class="chart small-line" viewBox="0 0 240 64" role="img" aria-label="{escape(label)}">'
        f"{''.join(drawn)}</svg>"
    )


def spark(values: Sequence[Value], label: str) -> Markup:
    """A line within a row of a table, on a scale of its own."""
    place = _placing((3, 91), (22, 4), len(values), _own_scale(values))
    drawn = [*_line("l", values, place), *_last_dot(values, place, 2.6)]
    return Markup(
        f'<svg class="spark" viewBox="0 0 96 26" width="96" height="26" role="img" aria-label="{escape(label)}">'
        f"{''.join(drawn)}</svg>"
    )


Placing = Callable[[int, float], Point]


def _placing(xs: Point, ys: Point, count: int, scale: Point) -> Placing:
    """Where a value of a week is drawn: weeks from the left to the right, values from the bottom to the top."""
    step = (xs[1] - xs[0]) / max(1, count - 1)
    low, high = scale

    def place(number: int, value: float) -> Point:
        return xs[0] + step * number, ys[0] + (ys[1] - ys[0]) * (value - low) / (high - low)

    return place


def _own_scale(values: Iterable[Value]) -> Point:
    known = [float(each) for each in values if each is not None] or [0.0]
    middle = (max(known) + min(known)) / 2
    half = max(max(known) - min(known), FLAT * max(known), 1.0) / 2
    return middle - half, middle + half


def _line(css: str, values: Sequence[Value], place: Placing) -> Iterator[str]:
    """The pieces of a line between its gaps."""
    piece: list[str] = []
    for number, value in enumerate([*values, None]):
        if value is not None:
            x, y = place(number, float(value))
            piece.append(f"{_n(x)},{_n(y)}")
        elif piece:
            yield f'<polyline class="{css}" points="{" ".join(piece)}"/>'
            piece = []


def _last_dot(values: Sequence[Value], place: Placing, radius: float) -> Iterator[str]:
    if values and (last := values[-1]) is not None:
        x, y = place(len(values) - 1, float(last))
        yield f'<circle class="dot" cx="{_n(x)}" cy="{_n(y)}" r="{radius}"/>'


def _ends(
    values: Sequence[Value], before: Sequence[Value], place: Placing, text: Callable[[Value], str]
) -> Iterator[str]:
    """The last values beside the ends of their lines, moved apart if they would cover each other."""
    ends = [
        (css, line[-1], place(len(line) - 1, float(line[-1])))
        for css, line in (("end", values), ("end-former", before))
        if line and line[-1] is not None
    ]
    heights = [y for _, _, (_, y) in ends]
    if len(ends) == 2 and abs(heights[0] - heights[1]) < END_GAP:
        apart = (END_GAP - abs(heights[0] - heights[1])) / 2
        up, down = (0, 1) if heights[0] <= heights[1] else (1, 0)
        heights[up], heights[down] = heights[up] - apart, heights[down] + apart
    for (css, value, (x, _)), y in zip(ends, heights, strict=True):
        yield f'<text class="{css}" x="{_n(x + 8)}" y="{_n(y + 4)}">{escape(text(value))}</text>'


def _round_step(step: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return float(next(each * power for each in (1, 2, 2.5, 5, 10) if step <= each * power * 1.000001))


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
