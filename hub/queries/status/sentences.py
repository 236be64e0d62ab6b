"""What each kind of warning or error means, and what to do about it. The words are in `sentences.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hub.platform.error_counts import MAX_EVENT
from hub.platform.own_yaml import read_yaml

NOTHING = "Nothing"


class Sentence(NamedTuple):
    """What happened ({connector} is its name), what it means, what to do, and the page for it."""

    happened: str
    means: str
    todo: str = NOTHING
    link: str | None = None


UNKNOWN = Sentence(
    "Something failed that has no words yet",
    "The hub goes on: each task fails alone and is tried again.",
    "If it repeats, look for it in the log and report it.",
)
_WRITTEN = read_yaml(Path(__file__).with_name("sentences.yaml").read_text("utf-8"))
SENTENCES: dict[str, Sentence] = {event[:MAX_EVENT]: Sentence(**words) for event, words in _WRITTEN["events"].items()}
"""Event of the log → its words; a test looks for events without."""
