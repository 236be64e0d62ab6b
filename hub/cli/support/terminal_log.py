"""The log of a running hub as sentences, for the person at its terminal. Pipes and files get JSON (hub/platform/logs.py)."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

import structlog
from rich.console import Console
from rich.text import Text

from hub.platform.error_counts import MAX_EVENT
from hub.queries.status.sentences import NOTHING, SENTENCES

EVIDENCE = frozenset({"journal signed"})
"""What is logged for the machine that collects logs, and says nothing to a person."""
MARKS = {"warning": ("!", "yellow"), "error": ("✗", "red"), "critical": ("✗", "red"), "exception": ("✗", "red")}
UNSAID = frozenset({"timestamp", "level", "event", "connector"})


def terminal_line(_: object, level: str, entry: MutableMapping[str, Any]) -> str:
    """A structlog renderer: local time, what happened, and for a warning or an error what it means and what to do.

    DropEvent for evidence. Values were scrubbed before.
    """
    event = str(entry["event"])
    if event in EVIDENCE:
        raise structlog.DropEvent
    at = datetime.fromisoformat(entry["timestamp"]).astimezone()
    mark, color = MARKS.get(level, (" ", ""))
    line = Text.assemble((f"{at:%H:%M:%S} ", "dim"), (f"{mark} ", color))
    words = SENTENCES.get(event[:MAX_EVENT])
    if words is None:
        line.append(event[:1].upper() + event[1:])
    else:
        line.append(words.happened.format(connector=entry.get("connector", "A connector")) + ". " + words.means)
        if words.todo != NOTHING:
            line.append(f" To do: {words.todo.rstrip('.')}.")
    said = [f"{name} {value}" for name, value in entry.items() if name not in UNSAID and value not in (None, "")]
    if said:
        line.append(f" ({', '.join(said)})", "dim")
    screen = Console(color_system="standard", soft_wrap=True, markup=False, highlight=False)
    with screen.capture() as printed:
        screen.print(line, end="")
    return printed.get()
