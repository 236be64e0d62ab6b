"""Places the layers from top to bottom, and the horizontal pieces of the lines on tracks between them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hub.web.pages.flows.graph.parts import Box, Way

TRACK, LANE, WORD_LINE, MARGIN = 11, 14, 16, 8
MAX_SORTED = 24
"""More horizontal pieces than these in one gap keep their first order."""
Point = tuple[float, float]


@dataclass(eq=False)
class Piece:
    """What runs horizontally in one gap between layers towards one place: lines come from `tops` and leave at `bottom`."""

    tops: list[float] = field(default_factory=list)
    bottom: float | None = None
    track: int = 0

    @property
    def ends(self) -> tuple[float, float]:
        """From left to right."""
        places = [*self.tops, *([] if self.bottom is None else [self.bottom])]
        return min(places), max(places)

    @property
    def is_point(self) -> bool:
        """Whether the line goes straight down."""
        low, high = self.ends
        return high - low < 0.5


@dataclass
class Tracks:
    """Where the lines of a graph run."""

    lanes: dict[Box, float]
    """Step → the vertical lane at the right for the ways that lead back to it."""
    heights: list[dict[Hashable, float]]
    """For each gap: the piece's key → its height. The key is the box below, or ("lane", step)."""
    width: float
    height: float

    def points(self, way: Way) -> list[Point]:
        """The corners of a way, from its source to its target."""
        source, target = way.source, way.target
        x = source.x + way.port
        line: list[Point] = [(x, source.y + source.height)]
        if way.leads_back:
            lane = self.lanes[target]
            low, high = self.heights[source.layer]["lane", target], self.heights[target.layer - 1][target]
            return [*line, (x, low), (lane, low), (lane, high), (target.x, high), (target.x, target.y)]
        for upper, lower in pairwise(way.chain):
            if abs(lower.x - x) >= 0.5:
                track = self.heights[upper.layer][lower]
                line += [(x, track), (lower.x, track)]
                x = lower.x
            line.append((x, lower.y + lower.height if lower.is_bend else lower.y))
        return line


def place_rows(layers: Sequence[list[Box]], links: Mapping[tuple[Box, Box], Way], width: float) -> Tracks:
    """Set every `y`, and find a place for every line."""
    back = [way for layer in layers for box in layer for way in box.ways if way.leads_back]
    targets = list(dict.fromkeys(way.target for way in back))
    lanes = {target: width + 6 + LANE * index for index, target in enumerate(targets)}
    gaps = _pieces(layers, links, back, lanes)
    y, heights = float(MARGIN), []
    for layer, gap in zip(layers, gaps, strict=True):
        tall = max((box.height for box in layer), default=0)
        for box in layer:
            box.y = y
            if box.is_bend:
                box.height = tall
        words = max((len(way.lines) for box in layer for way in box.ways), default=0)
        y += tall + (10 + WORD_LINE * words if words else 2)
        used = _assign_tracks([piece for piece in gap.values() if not piece.is_point])
        heights.append({key: y + 6 + TRACK * piece.track for key, piece in gap.items()})
        y += TRACK * max(used, 1) + 16 if gap else 0
    return Tracks(lanes, heights, max([width, *(lane + 12 for lane in lanes.values())]), y + MARGIN)


def _pieces(
    layers: Sequence[list[Box]], links: Mapping[tuple[Box, Box], Way], back: list[Way], lanes: Mapping[Box, float]
) -> list[dict[Hashable, Piece]]:
    gaps: list[dict[Hashable, Piece]] = [{} for _ in layers]
    for (upper, lower), way in links.items():
        piece = gaps[upper.layer].setdefault(lower, Piece(bottom=lower.x))
        piece.tops.append(upper.x + (0 if upper.is_bend else way.port))
    for way in back:
        source, target = way.source, way.target
        out = gaps[source.layer].setdefault(("lane", target), Piece())
        out.tops += [source.x + way.port, lanes[target]]
        gaps[target.layer - 1].setdefault(target, Piece(bottom=target.x)).tops.append(lanes[target])
    return gaps


def _assign_tracks(pieces: list[Piece]) -> int:
    """Order the pieces so that few lines cross and none lies on another, and pack them; how many tracks are used."""
    order = sorted(pieces, key=lambda piece: piece.ends)
    if len(order) <= MAX_SORTED:
        order = _improved(order)
    for index, piece in enumerate(order):
        low, high = piece.ends
        in_the_way = [each.track for each in order[:index] if each.ends[0] - 8 < high and low < each.ends[1] + 8]
        piece.track = 1 + max(in_the_way, default=-1)
    return 1 + max((piece.track for piece in order), default=-1)


def _improved(order: list[Piece]) -> list[Piece]:
    """Take one piece out and put it where it costs least, as long as that helps."""
    cost = {(a, b): _cost(a, b) for a in order for b in order if a is not b}

    def total(candidate: list[Piece]) -> int:
        return sum(cost[a, b] for index, a in enumerate(candidate) for b in candidate[index + 1 :])

    least, better = total(order), True
    while better and least:
        better = False
        for piece in list(order):
            rest = [each for each in order if each is not piece]
            for index in range(len(order)):
                other = [*rest[:index], piece, *rest[index:]]
                if (now := total(other)) < least:
                    order, least, better = other, now, True
    return order


def _cost(upper: Piece, lower: Piece) -> int:
    """Crossings if one piece is above the other; two lines on each other cost more than any crossing."""
    (low, high), (lower_low, lower_high) = upper.ends, lower.ends
    bad = sum(low < top < high for top in lower.tops)
    if upper.bottom is not None:
        bad += lower_low < upper.bottom < lower_high
        bad += 100 * any(abs(upper.bottom - top) < 7 for top in lower.tops)
    return bad
