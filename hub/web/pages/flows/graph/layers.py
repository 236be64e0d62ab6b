"""Puts the boxes into layers: each below every box that leads to it. A way that closes a loop leads back up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from hub.web.pages.flows.graph.parts import Box, Way
from hub.web.pages.flows.graph.reading import bend


def layered(boxes: Iterable[Box]) -> list[list[Box]]:
    """The layers from the top, with bends where lines pass them; sets `layer`, `leads_back`, `chain` and `is_reached`."""
    order = _downwards(list(boxes))
    for box in order:
        box.layer = max(box.layer, 0 if box.is_reached else 1)
        for way in box.ways:
            if not way.leads_back:
                way.target.layer = max(way.target.layer, box.layer + 1)
    layers: list[list[Box]] = [[] for _ in range(max(box.layer for box in order) + 1)]
    for box in order:
        layers[box.layer].append(box)
    shared: dict[tuple[str, int], Box] = {}
    for box in order:
        for way in box.ways:
            way.chain = [box] if way.leads_back else [box, *_bends(way, shared, layers), way.target]
    return layers


def links(layers: Iterable[Iterable[Box]]) -> dict[tuple[Box, Box], Way]:
    """Each piece of a line between two layers, once; lines to the same step share their pieces."""
    found: dict[tuple[Box, Box], Way] = {}
    for layer in layers:
        for box in layer:
            for way in box.ways:
                for pair in pairwise(way.chain):
                    found.setdefault(pair, way)
    return found


def _downwards(boxes: list[Box]) -> list[Box]:
    """Every box before those that it leads to. Depth first, in the order in which the ways are written: a way to a step
    whose own ways are still being followed leads back."""
    following: set[Box] = set()
    done: dict[Box, None] = {}
    for root in boxes:
        if root in done:
            continue
        root.is_reached = root.kind == "call"
        following.add(root)
        stack: list[tuple[Box, Iterator[Way]]] = [(root, iter(root.ways))]
        while stack:
            box, ways = stack[-1]
            for way in ways:
                if way.target in following:
                    way.leads_back = True
                elif way.target not in done:
                    way.target.is_reached = root.is_reached
                    following.add(way.target)
                    stack.append((way.target, iter(way.target.ways)))
                    break
            else:
                following.discard(box)
                done[box] = None
                stack.pop()
    return list(done)[::-1]


def _bends(way: Way, shared: dict[tuple[str, int], Box], layers: list[list[Box]]) -> Iterator[Box]:
    for layer in range(way.source.layer + 1, way.target.layer):
        key = (way.target.name, layer)
        if key not in shared:
            shared[key] = bend(way.target.name, layer)
            layers[layer].append(shared[key])
        yield shared[key]
