"""The whole layout of a flow's graph, in two formats: for wide and for narrow screens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hub.callflow.definition import Flow
from hub.web.pages.flows.graph.columns import place_columns
from hub.web.pages.flows.graph.layers import layered, links
from hub.web.pages.flows.graph.order import ordered
from hub.web.pages.flows.graph.parts import Box, Way
from hub.web.pages.flows.graph.reading import Format, measure, read_boxes
from hub.web.pages.flows.graph.tracks import Point, Tracks, place_rows

WIDE = tuple(Format(box, 28, 12.5, 118, 2) for box in (248, 228, 208, 188, 168))
NARROW = tuple(Format(box, 12, 12, 76, 4) for box in (146, 134, 122))
PAGE_WIDTH = {WIDE: 690, NARROW: 328}
"""The width in pixels that the page has for the graph."""


@dataclass(frozen=True)
class Layout:
    """Where everything is."""

    boxes: tuple[Box, ...]
    tracks: Tracks

    @property
    def ways(self) -> list[Way]:
        """All ways."""
        return [way for box in self.boxes for way in box.ways]

    def points(self, way: Way) -> list[Point]:
        """The corners of a way."""
        return self.tracks.points(way)


def lay_out(flow: Flow, *, narrow: bool = False) -> Layout:
    """The layout with the widest boxes for which the graph needs no scrolling; if none fits, the smallest ones."""
    return _laid_out(flow.model_dump_json(), narrow)


@lru_cache(maxsize=64)
def _laid_out(definition: str, narrow: bool) -> Layout:
    flow = Flow.model_validate_json(definition)
    formats = NARROW if narrow else WIDE
    boxes = read_boxes(flow)
    layers = layered(boxes.values())
    pieces = links(layers)
    layers = ordered(layers, pieces)
    tracks = None
    for sizes in formats:
        if tracks is not None and tracks.width > 2 * PAGE_WIDTH[formats] and sizes is not formats[-1]:
            continue  # it will not fit, so only the smallest boxes are tried
        measure(flow, boxes, sizes)
        width = place_columns(layers, pieces, sizes.gap)
        tracks = place_rows(layers, pieces, width)
        if tracks.width <= PAGE_WIDTH[formats]:
            break
    assert tracks is not None
    return Layout(tuple(boxes.values()), tracks)
