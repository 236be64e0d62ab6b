"""Orders the boxes of each layer so that few lines cross: barycenter sweeps, then swaps of neighbors."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping

from hub.web.pages.flows.graph.parts import Box

SWEEPS, SWAP_ROUNDS = 12, 8
Near = Mapping[Box, list[Box]]
Layers = list[list[Box]]


def ordered(layers: Layers, pairs: Iterable[tuple[Box, Box]]) -> Layers:
    """The layers, each in the best order that was found."""
    above: dict[Box, list[Box]] = {}
    below: dict[Box, list[Box]] = {}
    for upper, lower in pairs:
        below.setdefault(upper, []).append(lower)
        above.setdefault(lower, []).append(upper)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    current = [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        _sweep(current, above if sweep % 2 == 0 else below, down=sweep % 2 == 0)
        count = _crossings(current, below)
        if count < fewest:
            best, fewest = [list(layer) for layer in current], count
    if fewest:
        _swap(best, above, below)
    return best


def _sweep(layers: Layers, near: Near, *, down: bool) -> None:
    """Sort each layer by where the boxes are that its boxes are linked to."""
    place = {box: (index + 0.5) / len(layer) for layer in layers for index, box in enumerate(layer)}
    for layer in layers[1:] if down else layers[-2::-1]:
        weights = {box: _middle([place[each] for each in near.get(box, ())], place[box]) for box in layer}
        layer.sort(key=weights.__getitem__)
        place |= {box: (index + 0.5) / len(layer) for index, box in enumerate(layer)}


def _middle(places: list[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _crossings(layers: Layers, below: Near) -> int:
    """How many pairs of lines cross."""
    place = {box: index for layer in layers for index, box in enumerate(layer)}
    total = 0
    for layer in layers:
        seen: list[int] = []
        for box in layer:
            ends = [place[each] for each in below.get(box, ())]
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _swap(layers: Layers, above: Near, below: Near) -> None:
    """Swap neighbors as long as that removes crossings."""
    place = {box: index for layer in layers for index, box in enumerate(layer)}

    def crossed(one: Box, other: Box) -> int:
        """Crossings between the lines of two boxes if `one` is left of `other`."""
        return sum(
            place[a] > place[b] for near in (above, below) for a in near.get(one, ()) for b in near.get(other, ())
        )

    for _ in range(SWAP_ROUNDS):
        better = False
        for layer in layers:
            for index in range(len(layer) - 1):
                one, other = layer[index], layer[index + 1]
                if crossed(other, one) < crossed(one, other):
                    layer[index], layer[index + 1] = other, one
                    place[one], place[other] = index + 1, index
                    better = True
        if not better:
            return
