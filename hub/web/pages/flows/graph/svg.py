"""Draws a laid-out flow as SVG: each box is a link to its step. Classes only, so a strict CSP allows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markupsafe import Markup

from hub.callflow.definition import Flow
from hub.web.pages.flows.graph.layout import Layout, lay_out
from hub.web.pages.flows.graph.parts import Box, Way
from hub.web.pages.flows.graph.reading import BEGIN, LINE
from hub.web.pages.flows.graph.tracks import WORD_LINE, Point

CORNER = 7
ICONS: Mapping[str, str] = {
    "schedule": "M8 2a6 6 0 1 0 .01 0M8 4.8V8l2.3 1.6",
    "greeting": "M2.5 3.5h11V11H7.5l-2.8 2.6V11H2.5z",
    "menu": "M4 3.5h.01M8 3.5h.01M12 3.5h.01M4 8h.01M8 8h.01M12 8h.01M4 12.5h.01M8 12.5h.01M12 12.5h.01",
    "dial": "M3.2 2.8h2.6l1.2 3-1.6 1.3a8 8 0 0 0 3.5 3.5l1.3-1.6 3 1.2v2.6c0 .3-.3.5-.6.5-5.3 0-9.9-4.6-9.9-9.9z",
    "simulcall": "M8 13V3M8 8 3 3M8 8l5-5M3 6V3h3M10 3h3v3",
    "round_robin": "M13 8a5 5 0 1 1-1.6-3.7M13 2.5V5h-2.5",
    "geo_route": "M8 14c3-3.6 4.5-5.8 4.5-7.800a4.500 4.500 0 0 0-9 0C3.500 8.200 5 10.400 8 14zM8 6.200h.01",
    "attribution_route": "M8 14V9L3 5V2.5M8 9l5-4V2.5",
    "tag": "M2.5 8.5v-6h6l5 5-6 6zM5.5 5.5h.01",
    "voicemail": "M4.5 5.500a2.500 2.500 0 1 0 .01 0M11.500 5.500a2.500 2.500 0 1 0 .01 0M4.500 10.500h7",
    "text_back": "M2.5 3.5h11V11H7.5l-2.800 2.600V11H2.500zM5 6h6M5 8.500h4",
    "hang_up": "M3.5 3.5l9 9M12.5 3.5l-9 9",
}
"""What a step does → its icon, 16 × 16, drawn as strokes."""


@dataclass(frozen=True)
class Shown:
    """What a drawing shows besides the flow."""

    href: Callable[[str], str]
    """The address of a step by its name."""
    selected: str = ""
    walked: Sequence[str] = ()
    """The steps of a simulated call, in order."""
    bad: frozenset[str] = field(default_factory=frozenset)
    """Steps with a problem."""


def drawing(flow: Flow, shown: Shown, *, narrow: bool = False) -> Markup:
    """The flow as an SVG element with an accessible name."""
    return Markup("\n").join(_Drawing(lay_out(flow, narrow=narrow), shown).parts(flow, narrow))


class _Drawing:
    def __init__(self, layout: Layout, shown: Shown) -> None:
        self._layout, self._shown = layout, shown
        self._stops = {name: number for number, name in reversed(list(enumerate(shown.walked, 1)))}
        steps = set(pairwise([BEGIN, *shown.walked])) if shown.walked else set()
        self._walked = {way for way in layout.ways if (way.source.name, way.target.name) in steps}

    def parts(self, flow: Flow, narrow: bool) -> list[Markup]:
        """Lines first, then arrows and words, then boxes above them."""
        size, ident = self._layout.tracks, f"graph-{'narrow' if narrow else 'wide'}"
        width, height = round(size.width), round(size.height)
        said = f"Call flow {flow.name}: {len(flow.steps)} steps from top to bottom."
        if self._shown.walked:
            said += f" The simulated call goes {', then '.join(self._shown.walked)}."
        head = Markup(
            '<svg class="graph {}" width="{}" height="{}" viewBox="0 0 {} {}" role="group" aria-labelledby="{}">'
            '<title id="{}">{} The list of steps says the same in words.</title>'
        ).format("narrow" if narrow else "wide", width, height, width, height, ident, ident, said)
        plain = [way for way in self._layout.ways if way not in self._walked]
        marked = [way for way in self._layout.ways if way in self._walked]
        entered = {way.target: way in self._walked for way in [*plain, *marked]}
        return [
            head,
            *map(self._line, [*plain, *marked]),
            *(_tip(box, walked) for box, walked in entered.items()),
            *(self._words(way) for way in self._layout.ways if way.lines),
            *map(self._box, self._layout.boxes),
            Markup("</svg>"),
        ]

    def _line(self, way: Way) -> Markup:
        marks = f"{' loop' if way.leads_back else ''}{' walked' if way in self._walked else ''}"
        return Markup('<path class="way{}" d="{}"/>').format(marks, path(self._layout.points(way)))

    def _words(self, way: Way) -> Markup:
        x, y = way.source.x + way.port, way.source.y + way.source.height + 6
        lines = Markup("").join(
            Markup('<text x="{:.1f}" y="{:g}">{}</text>').format(x, y + 12.5 + WORD_LINE * index, line)
            for index, line in enumerate(way.lines)
        )
        back = Markup('<rect x="{:.1f}" y="{:g}" width="{:.1f}" height="{}" rx="3"/>').format(
            x - way.width / 2 + 1, y, way.width - 2, WORD_LINE * len(way.lines) + 1
        )
        return Markup('<g class="word{}">{}{}</g>').format(" walked" if way in self._walked else "", back, lines)

    def _box(self, box: Box) -> Markup:
        left, top = round(box.left, 1), box.y
        if box.kind != "step":
            return Markup(
                '<g class="pill"><rect x="{:g}" y="{:g}" width="{:g}" height="{:g}" rx="14"/>'
                '<text x="{:g}" y="{:g}">{}</text></g>'
            ).format(left, top, box.width, box.height, box.x, top + 18.5, box.lines[0])
        stop = self._stops.get(box.name)
        marks = {"selected": box.name == self._shown.selected, "walked": bool(stop), "unreached": not box.is_reached}
        marks["problem"] = box.name in self._shown.bad
        parts = [
            Markup('<a class="step{}" href="{}" aria-label="{}"{}>').format(
                "".join(f" {name}" for name, holds in marks.items() if holds),
                self._shown.href(box.name),
                self._name(box, stop),
                Markup(' aria-current="true"') if marks["selected"] else "",
            ),
            Markup('<rect class="box" x="{:g}" y="{:g}" width="{:g}" height="{:g}" rx="6"/>').format(
                left, top, box.width, box.height
            ),
            Markup('<path class="sign" transform="translate({:g} {:g})" d="{}"/>').format(
                left + 11, top + 10, ICONS[box.do]
            ),
            Markup('<text class="name" x="{:g}" y="{:g}">{}</text>').format(left + 34, top + 23, box.name),
            *(
                Markup('<text class="{}" x="{:g}" y="{:g}">{}</text>').format(
                    "says" if index else "kind", left + 12, top + 44 + LINE * index, line
                )
                for index, line in enumerate(box.lines)
            ),
            Markup("</a>"),
        ]
        if stop:
            x = left + box.width - 18
            # The link's own name says it already.
            parts.append(
                Markup(
                    '<g class="nth" aria-hidden="true"><circle cx="{:g}" cy="{:g}" r="10"/>'
                    '<text x="{:g}" y="{:g}">{}</text></g>'
                ).format(x, top + 18, x, top + 22.5, stop)
            )
        return Markup("").join(parts)

    def _name(self, box: Box, stop: int | None) -> str:
        """What a screen reader says of a box."""
        said = [f"{box.name}: {'. '.join(box.lines)}"]
        said += [] if box.is_reached else ["No call comes here"]
        said += ["Has a problem"] if box.name in self._shown.bad else []
        for way in box.ways:
            to = "the end of the call" if way.target.kind == "end" else way.target.name
            said.append(f"{' or '.join(way.words) or 'then'} leads to {to}")
        said += [f"Stop {stop} of the simulated call"] if stop else []
        return "; ".join(said)


def _tip(box: Box, walked: bool) -> Markup:
    return Markup('<path class="tip{}" d="M{:g} {:g}l-5 -9h10z"/>').format(" walked" if walked else "", box.x, box.y)


def path(points: Sequence[Point]) -> str:
    """A line with round corners; points in a row are left out."""
    corners = [points[0]]
    for here, after in pairwise(points[1:]):
        before = corners[-1]
        in_a_row = before[0] == here[0] == after[0] or before[1] == here[1] == after[1]
        if not in_a_row and here != before:
            corners.append(here)
    corners.append(points[-1])
    drawn = [f"M{corners[0][0]:g} {corners[0][1]:g}"]
    for before, here, after in zip(corners, corners[1:], corners[2:], strict=False):
        begin, end = _towards(here, before), _towards(here, after)
        drawn.append(f"L{begin[0]:.1f} {begin[1]:.1f}Q{here[0]:.1f} {here[1]:.1f} {end[0]:.1f} {end[1]:.1f}")
    return "".join([*drawn, f"L{corners[-1][0]:g} {corners[-1][1]:g}"])


def _towards(here: Point, other: Point) -> Point:
    """The point near `here` at which a round corner begins."""
    length = abs(other[0] - here[0]) + abs(other[1] - here[1])
    part = min(CORNER, length / 2) / length if length else 0
    return here[0] + (other[0] - here[0]) * part, here[1] + (other[1] - here[1]) * part
