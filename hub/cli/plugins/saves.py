"""Looks at an author's files, and does something again each time that some were saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from rich.console import Console

LOOK_SECONDS = 0.3
SOURCES = ("*.py", "*.http", "*.yaml", "*.toml", "*.md", "*.whl")
"""What of a folder is looked at."""
Stamps = Mapping[Path, tuple[int, int]]


def files_below(places: Iterable[Path]) -> Iterator[Path]:
    """The files among `places`, and the sources in the folders among them."""
    for place in places:
        if place.is_file():
            yield place
        for pattern in SOURCES if place.is_dir() else ():
            yield from place.rglob(pattern)


def at_each_save(console: Console, places: Iterable[Path], act: Callable[[], object]) -> None:
    """Do something now, and again at each save, until the user presses Ctrl+C; print what was saved and how long it took."""
    with suppress(KeyboardInterrupt):
        for changed in saves(places):
            if changed:
                console.print(f"\nSaved: {', '.join(changed)}", style="bold", markup=False, highlight=False)
            begun = monotonic()
            act()
            console.print(f"({monotonic() - begun:.1f} s)", style="dim", highlight=False)


def saves(places: Iterable[Path]) -> Iterator[list[str]]:
    """The names of the files that were saved, made or removed since the last time: at first none, then as soon as some changed
    and none changes any more."""
    watched = list(places)
    before = _stamps(watched)
    yield []
    while True:
        now = _settled(watched, before)
        changed = sorted({file.name for file in now.keys() | before.keys() if now.get(file) != before.get(file)})
        before = now
        yield changed


def _settled(places: Iterable[Path], before: Stamps) -> Stamps:
    """Wait until the files differ from `before`, and are at rest, so that none is half written."""
    last = before
    while True:
        sleep(LOOK_SECONDS)
        now = _stamps(places)
        if now == last != before:
            return now
        last = now


def _stamps(places: Iterable[Path]) -> Stamps:
    found = {}
    for file in files_below(places):
        try:
            status = file.stat()
        except OSError:  # it was removed in between
            continue
        found[file] = status.st_mtime_ns, status.st_size
    return found
