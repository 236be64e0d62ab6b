"""Reads a call flow into boxes and ways, with the words that stand in and at them."""

from __future__ import annotations

from dataclasses import dataclass

from hub.callflow.definition import END, Flow
from hub.web.pages.flows.graph.parts import Box, Kind, Way, text_width, wrapped
from hub.web.pages.flows.words import KINDS, exit_words, gist

BEGIN = "(call)"
LINE, TITLE_SIZE = 17, 14
MAX_WAY_LINES = 3


@dataclass(frozen=True)
class Format:
    """The sizes of a drawing."""

    box: int
    """The least width of a box."""
    gap: int
    """Between two boxes of a layer."""
    letters: float
    way_width: int
    """Of the words at a way, before they go on in the next line."""
    max_lines: int
    """Lines of a step's gist."""


def read_boxes(flow: Flow) -> dict[str, Box]:
    """Every box by its name, with its ways; ways to steps that do not exist are left out."""
    boxes = {BEGIN: Box(BEGIN, "call", lines=["A call comes in"])}
    boxes |= {name: Box(name, do=getattr(step, "do", "")) for name, step in flow.steps.items()}
    for name, step in flow.steps.items():
        by_target: dict[str, list[str]] = {}
        for key, target in step.leads():
            place = f"(end of {name})" if target == END else target
            if target == END or target in flow.steps:
                by_target.setdefault(place, []).append(exit_words(step, key))
        for place, words in by_target.items():
            target_box = boxes.setdefault(place, Box(place, "end", lines=["The call ends"]))
            boxes[name].ways.append(Way(boxes[name], target_box, list(filter(None, words))))
    if flow.start in flow.steps:
        boxes[BEGIN].ways = [Way(boxes[BEGIN], boxes[flow.start], [])]
    return boxes


def measure(flow: Flow, boxes: dict[str, Box], sizes: Format) -> None:
    """Give each box its lines and its size, and each way its words in lines."""
    for box in boxes.values():
        for way in box.ways:
            way.lines = wrapped(" / ".join(way.words), sizes.way_width, sizes.letters, MAX_WAY_LINES)
            way.width = max((text_width(line, sizes.letters) for line in way.lines), default=0) + 10
        if box.kind != "step":
            box.width, box.height = text_width(box.lines[0], sizes.letters) + 28, 28
            continue
        ways = sum(way.width for way in box.ways) + 8 * (len(box.ways) - 1) + 16
        # The title's line also holds the icon and the number of the stop.
        box.width = round(max(sizes.box, ways, text_width(box.name, TITLE_SIZE) + 66))
        said = wrapped(gist(flow.steps[box.name]), box.width - 24, sizes.letters, sizes.max_lines)
        box.lines = [KINDS[box.do], *said]
        box.height = 40 + LINE * len(box.lines)


def bend(name: str, layer: int) -> Box:
    """A place where the lines to a step pass a layer."""
    kind: Kind = "bend"
    return Box(name, kind, width=8, layer=layer)
