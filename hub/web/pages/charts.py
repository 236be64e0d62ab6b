"""Charts as SVG text, drawn on the server: geometry as attributes, colors by class, so that the CSP allows no inline style.

Each has a table twin in its template. Labels come from the hub, never from callers; they are escaped all the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

HEAT_STEPS = 5


def over_time(
    size: tuple[int, int],
    labels: Sequence[str],
    counts: Sequence[int],
    missed: Sequence[int],
    before: Sequence[int],
    *,
    every: int,
    running: int | None = None,
    kind: str = "wide",
) -> Markup:
    """Bars of calls with the missed ones on top, and a thin line of the period before. `every` nth label is written;
    `running` is the index of the hour or day that is not over."""
    width, height = size
    left, right, top, bottom = 34, 4, 14, 22
    plot_width, plot_height = width - left - right, height - top - bottom
    step, highest = _scale(max([*counts, *before, 1]))

    def y(value: float) -> float:
        return top + plot_height * (1 - value / highest)

    slot = plot_width / max(1, len(labels))
    bar = min(slot * 0.66, 34)
    drawn = [_svg(kind, size, "Calls over time; the same figures are in the table below")]
    for value in range(0, highest + 1, step):
        line = "base" if value == 0 else "grid"
        drawn.append(f'<line class="{line}" x1="{left}" x2="{width - right}" y1="{_n(y(value))}" y2="{_n(y(value))}"/>')
        drawn.append(f'<text x="{left - 8}" y="{_n(y(value) + 4)}" text-anchor="end">{value:,}</text>')
    for index, label in enumerate(labels):
        total, lost = counts[index], missed[index]
        x, answered = left + slot * index + (slot - bar) / 2, total - lost
        words = f"{escape(label)}: {total} calls, {lost} missed; before {before[index] if index < len(before) else 0}"
        drawn.append(f'<g class="hit"><title>{words}</title>')
        drawn.append(_rect("hitbox", left + slot * index, top, slot, plot_height))
        if answered:
            part = " part" if index == running else ""
            drawn.append(_rect(f"b{part}", x, y(answered), bar, y(0) - y(answered)))
        if lost:
            drawn.append(_rect("missed", x, y(total), bar, max(1, y(answered) - y(total) - 1.5)))
        drawn.append("</g>")
        middle = _n(left + slot * (index + 0.5))
        if index == running:
            drawn.append(f'<text class="now" x="{middle}" y="{_n(y(total) - 6)}" text-anchor="middle">now</text>')
        if index % every == 0:
            drawn.append(f'<text x="{middle}" y="{height - 5}" text-anchor="middle">{escape(label)}</text>')
    if any(before):
        points = " ".join(f"{_n(left + slot * (index + 0.5))},{_n(y(value))}" for index, value in enumerate(before))
        drawn.append(f'<polyline class="former" points="{points}"/>')
    return Markup("".join([*drawn, "</svg>"]))


def heat_map(
    size: tuple[int, int],
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[int]],
    *,
    every: int,
    kind: str = "wide",
) -> Markup:
    """Weekdays by hours, darker for more calls."""
    width, height = size
    left, top, gap = 34, 2, 2
    cell_width, cell_height = (width - left) / max(1, len(columns)), (height - top - 18) / max(1, len(rows))
    peak = max([1, *(value for row in values for value in row)])
    drawn = [_svg(f"heat {kind}", size, "Calls by weekday and hour; the same figures are in the table below")]
    for number, (row, cells) in enumerate(zip(rows, values, strict=True)):
        y = top + cell_height * number
        drawn.append(f'<text x="{left - 8}" y="{_n(y + cell_height / 2 + 4)}" text-anchor="end">{escape(row)}</text>')
        for place, (column, value) in enumerate(zip(columns, cells, strict=True)):
            shade = 0 if value == 0 else min(HEAT_STEPS, 1 + int(value / peak * (HEAT_STEPS - 0.01)))
            drawn.append(
                f'<rect class="h{shade}" x="{_n(left + cell_width * place)}" y="{_n(y)}" width="{_n(cell_width - gap)}"'
                f' height="{_n(cell_height - gap)}" rx="2"><title>{escape(row)} {escape(column)}: {value} calls</title></rect>'
            )
    for place, column in enumerate(columns):
        if place % every == 0:
            x = _n(left + cell_width * (place + 0.5) - 1)
            drawn.append(f'<text x="{x}" y="{height - 4}" text-anchor="middle">{escape(column)}</text>')
    return Markup("".join([*drawn, "</svg>"]))


def against_limit(
    size: tuple[int, int],
    labels: Sequence[str],
    values: Sequence[int],
    limit: int,
    title: str,
    *,
    every: int,
    kind: str = "wide",
) -> Markup:
    """Bars under a dashed line at `limit`; a bar that reaches it says "full". `every` nth label is written."""
    width, height = size
    left, right, top, bottom = 26, 4, 14, 22
    highest = max([limit, *values, 1])
    slot, plot_height = (width - left - right) / max(1, len(labels)), height - top - bottom
    bar, base = min(slot * 0.72, 30), height - bottom
    drawn = [_svg(kind, size, title)]
    line = base - plot_height * limit / highest
    for css, y, value in (("base", base, 0), ("cap", line, limit)):
        drawn.append(f'<line class="{css}" x1="{left}" x2="{width - right}" y1="{_n(y)}" y2="{_n(y)}"/>')
        drawn.append(f'<text x="{left - 6}" y="{_n(y + 4)}" text-anchor="end">{value:,}</text>')
    written = -every
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        middle, tall = left + slot * (index + 0.5), plot_height * value / highest
        full = 0 < limit <= value
        if value:
            drawn.append(f"<g><title>{escape(label)}: {value:,} of {limit:,}</title>")
            drawn.append(_rect("b full" if full else "b", middle - bar / 2, base - tall, bar, tall) + "</g>")
        if full and (index - written) * slot >= 26:
            written = index
            drawn.append(
                f'<text class="full-word" x="{_n(middle)}" y="{_n(base - tall - 5)}" text-anchor="middle">full</text>'
            )
        if index % every == 0:
            drawn.append(f'<text x="{_n(middle)}" y="{height - 5}" text-anchor="middle">{escape(label)}</text>')
    return Markup("".join([*drawn, "</svg>"]))


def share(value: float, peak: float, kind: str = "") -> Markup:
    """A bar behind a row: `value` of the longest one, `peak`."""
    width = _n(100 * value / peak if peak else 0)
    css = f' class="{escape(kind)}"' if kind else ""
    return Markup(
        f'<svg{css} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width}" height="10"/></svg>'
    )


def used(part: float, label: str) -> Markup:
    """How much of a time is over, with its words for screen readers."""
    kind = "high" if part >= 0.8 else "on"
    return Markup(
        f'<svg class="level" viewBox="0 0 72 6" width="72" height="6" role="img" aria-label="{escape(label)}">'
        '<rect class="off" width="72" height="6" rx="1"/>'
        f'<rect class="{kind}" width="{_n(72 * part)}" height="6" rx="1"/></svg>'
    )


def meter(steps: int, label: str) -> Markup:
    """A certainty of 0 to 5 steps, with its words for screen readers."""
    rects = (
        f'<rect class="{"on" if step < steps else "off"}" x="{step * 10}" width="8" height="6" rx="1"/>'
        for step in range(5)
    )
    return Markup(
        f'<svg class="meter" viewBox="0 0 48 6" role="img" aria-label="{escape(label)}">{"".join(rects)}</svg>'
    )


def level(percent: float, label: str) -> Markup:
    """A small bar that is filled to `percent`; from 90 on it warns."""
    kind = "high" if percent >= 90 else "on"
    return Markup(
        f'<svg class="level" width="64" height="6" viewBox="0 0 64 6" role="img" aria-label="{escape(label)}">'
        f'<rect class="off" width="64" height="6" rx="2"/>'
        f'<rect class="{kind}" width="{_n(64 * min(100, percent) / 100)}" height="6" rx="2"/></svg>'
    )


def _svg(kind: str, size: tuple[int, int], label: str) -> str:
    return f'<svg class="chart {kind}" viewBox="0 0 {size[0]} {size[1]}" role="img" aria-label="{escape(label)}">'


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"/>'


def _scale(peak: int) -> tuple[int, int]:
    """The distance of grid lines, and the highest one, for three to five lines."""
    power = 10 ** max(0, int(math.log10(peak)) - 1)
    step = next(each * power for each in (1, 2, 5, 10, 20, 50) if peak <= 5 * each * power)
    return step, math.ceil(peak / step) * step


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
