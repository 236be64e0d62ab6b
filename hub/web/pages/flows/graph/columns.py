"""Places the boxes of each layer from left to right: near those that they are linked to, in their order, apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from hub.web.pages.flows.graph.parts import Box, Way

Links = Mapping[tuple[Box, Box], Way]
Pull = tuple[Box, float, float]
"""A linked box, where the line would be straight from its middle, and how strongly it pulls."""
TURNS, ONE_SIDED_TURNS, MARGIN = 48, 32, 12
MAX_PULLS = 3000
"""In larger graphs fewer turns must do."""


def place_columns(layers: Sequence[list[Box]], links: Links, gap: float) -> float:
    """Set every `x` and every `port`; the width of the whole."""
    _ports(layers)
    pulls = _pulls(links)
    for layer in layers:
        _settle(layer, [0.0] * len(layer), [1.0] * len(layer), gap)
    turns = TURNS if sum(map(len, pulls.values())) < MAX_PULLS else TURNS // 4
    for turn in range(turns):
        down = turn % 2 == 0
        one_sided = turn < ONE_SIDED_TURNS
        lines = {} if one_sided else _middles_of_lines(layers)
        for layer in layers if down else layers[::-1]:
            wanted = [_wanted(box, pulls.get(box, []), down if one_sided else None, lines) for box in layer]
            _settle(layer, [each[0] for each in wanted], [each[1] for each in wanted], gap)
    _straighten(layers, links, gap)
    _untie(layers, links)
    _straight_ports(links)
    left = min(box.left for layer in layers for box in layer)
    for layer in layers:
        for box in layer:
            box.x = round(box.x - left + MARGIN, 1)
    return max(box.left + box.width for layer in layers for box in layer) + MARGIN


def _ports(layers: Sequence[list[Box]]) -> None:
    """Spread the ways out of each box over its lower edge, in the order of what they lead to."""
    place = {box: index for layer in layers for index, box in enumerate(layer)}
    for box in place:
        box.ways.sort(key=lambda way: (way.leads_back, 0 if way.leads_back else place[way.chain[1]]))
        total = sum(way.width for way in box.ways) + 8 * (len(box.ways) - 1)
        spare = max(0.0, box.width - 16 - total) / max(1, len(box.ways))
        at = -(total + spare * len(box.ways)) / 2
        for way in box.ways:
            way.port = at + (way.width + spare) / 2
            at += way.width + spare + 8
        if len(box.ways) == 1:
            box.ways[0].port = 0


def _pulls(links: Links) -> dict[Box, list[Pull]]:
    into: dict[Box, int] = {}
    for _, lower in links:
        into[lower] = into.get(lower, 0) + 1
    pulls: dict[Box, list[Pull]] = {}
    for (upper, lower), way in links.items():
        port = 0.0 if upper.is_bend else way.port
        if upper.is_bend and lower.is_bend:
            weight = 60.0
        elif upper.is_bend or lower.is_bend:
            weight = 2.0
        else:
            weight = 6.0 if into[lower] == 1 else 1.0  # a step with one way in stands under it
        pulls.setdefault(lower, []).append((upper, port, weight))
        pulls.setdefault(upper, []).append((lower, -port, weight))
    return pulls


def _middles_of_lines(layers: Sequence[list[Box]]) -> dict[str, float]:
    """Where the bends of each line are on average: at last they draw together."""
    places: dict[str, list[float]] = {}
    for layer in layers:
        for box in layer:
            if box.is_bend:
                places.setdefault(box.name, []).append(box.x)
    return {name: sum(each) / len(each) for name, each in places.items()}


def _wanted(box: Box, near: list[Pull], down: bool | None, lines: Mapping[str, float]) -> tuple[float, float]:
    """Where a box should be, and how much that counts. `down`: only those above pull; None: all do."""
    if box.is_bend and box.name in lines:
        return lines[box.name], 200.0
    if down is not None:
        near = [each for each in near if (each[0].layer < box.layer) == down] or near
    heavy = sum(weight for _, _, weight in near)
    return (sum((other.x + port) * weight for other, port, weight in near) / heavy, heavy) if near else (box.x, 0.1)


def _apart(one: Box, other: Box, gap: float) -> float:
    return (one.width + other.width) / 2 + (gap * 0.65 if one.is_bend or other.is_bend else gap)


def _settle(layer: list[Box], wanted: Sequence[float], weights: Sequence[float], gap: float) -> None:
    """The places nearest to those wanted that keep order and distance: isotonic regression."""
    shift = [0.0]
    for one, other in pairwise(layer):
        shift.append(shift[-1] + _apart(one, other, gap))
    blocks: list[tuple[float, float, int]] = []
    for want, weight, off in zip(wanted, weights, shift, strict=True):
        block = (want - off, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            value, heavy, count = blocks.pop()
            both = heavy + block[1]
            block = ((value * heavy + block[0] * block[1]) / both, both, count + block[2])
        blocks.append(block)
    values = [value for value, _, count in blocks for _ in range(count)]
    for box, value, off in zip(layer, values, shift, strict=True):
        box.x = value + off


def _straighten(layers: Sequence[list[Box]], links: Links, gap: float, max_move: float = 60) -> None:
    """From the top down, move a step under a way that leads to it if that takes little and nothing is there."""
    into: dict[Box, list[float]] = {}
    for layer in layers:
        for index, box in enumerate(layer):
            if not box.is_bend and box in into:
                low = layer[index - 1].x + _apart(layer[index - 1], box, gap) if index else float("-inf")
                after = layer[index + 1 : index + 2]
                high = after[0].x - _apart(box, after[0], gap) if after else float("inf")
                fitting = [x for x in into[box] if abs(x - box.x) <= max_move and low <= x <= high]
                box.x = min(fitting, key=lambda x, here=box.x: abs(x - here), default=box.x)  # type: ignore[misc]
            if not box.is_bend:
                for way in box.ways:
                    if len(way.chain) > 1:
                        into.setdefault(way.chain[1], []).append(box.x + way.port)


def _untie(layers: Sequence[list[Box]], links: Links) -> None:
    """Two lines that change places within one gap would lie on each other: move a bend of one aside."""
    tops: dict[Box, list[float]] = {}
    for (upper, lower), way in links.items():
        tops.setdefault(lower, []).append(upper.x + (0 if upper.is_bend else way.port))

    def tied(one: Box, other: Box) -> bool:
        return (
            one is not other
            and any(abs(one.x - x) < 8 for x in tops.get(other, ()))
            and any(abs(other.x - x) < 8 for x in tops.get(one, ()))
        )

    for layer in layers:
        for index, box in enumerate(layer):
            if not box.is_bend or not any(tied(box, other) for other in layer):
                continue
            before, near = box.x, [*layer[max(0, index - 1) : index], *layer[index + 1 : index + 2]]
            for step in (10, -10, 16, -16, 24, -24, 36, -36, 0):
                box.x = before + step
                free = all(abs(each.x - box.x) >= (each.width + box.width) / 2 + 4 for each in near)
                if free and not any(tied(box, other) for other in layer):
                    break


def _straight_ports(links: Links) -> None:
    """A port that is nearly above its target moves there: one straight line."""
    for (upper, lower), way in links.items():
        port = lower.x - upper.x
        if upper.is_bend or abs(way.port - port) >= 14 or abs(port) >= upper.width / 2 - 12:
            continue
        others = [other for other in upper.ways if other is not way]
        if all(abs(other.port - port) >= (other.width + way.width) / 2 + 2 for other in others):
            way.port = port
