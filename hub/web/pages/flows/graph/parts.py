"""The parts of a flow's graph: boxes and ways, and how much space their words take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["step", "call", "end", "bend"]
"""`call`: where a call comes in; `end`: where it ends; `bend`: where a line passes a layer."""
NARROW_LETTERS, WIDE_LETTERS = "iljtfrI.,:;'|! -–", "mwMW@%→"


@dataclass(eq=False)
class Box:
    """A step, a beginning, an end, or a place where a line passes a layer. `x` is its middle, `y` its top."""

    name: str
    kind: Kind = "step"
    do: str = ""
    """What the step does."""
    lines: list[str] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    width: float = 0
    height: float = 0
    layer: int = 0
    x: float = 0
    y: float = 0
    is_reached: bool = True
    """Whether a call can come here."""

    @property
    def is_bend(self) -> bool:
        """Whether only a line is here."""
        return self.kind == "bend"

    @property
    def left(self) -> float:
        """The left edge."""
        return self.x - self.width / 2


@dataclass(eq=False)
class Way:
    """All ways out of one step that lead to the same place."""

    source: Box
    target: Box
    words: list[str]
    """What the call does to take it; empty if it is the only way on."""
    leads_back: bool = False
    chain: list[Box] = field(default_factory=list)
    """The source, the bends, the target; only the source if it leads back."""
    port: float = 0
    """Where it leaves the source, from the source's middle."""
    lines: list[str] = field(default_factory=list)
    """`words`, in lines."""
    width: float = 0
    """Of the lines."""


def text_width(text: str, size: float) -> float:
    """A careful estimate that holds for the widest of the system fonts, so that nothing is cut off."""
    return size * sum(
        0.36 if each in NARROW_LETTERS else 0.95 if each in WIDE_LETTERS else 0.7 if each.isupper() else 0.63
        for each in text
    )


def wrapped(text: str, width: float, size: float, max_lines: int) -> list[str]:
    """The text in lines of at most `width`; what does not fit into the last line is cut with an ellipsis."""
    lines: list[str] = []
    for word in filter(None, text.split(" ")):  # a no-break space holds a number together
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(_cut(word, width, size))
    if len(lines) > max_lines:
        lines = [*lines[: max_lines - 1], _cut(f"{lines[max_lines - 1]} …", width, size)]
    return lines


def _cut(text: str, width: float, size: float) -> str:
    """The text, shortened to the width with an ellipsis."""
    whole = text.removesuffix("…").rstrip()
    short = whole
    while short and text_width(f"{short}…", size) > width:
        short = short[:-1]
    return text if text_width(text, size) <= width or not short else f"{short}…"
