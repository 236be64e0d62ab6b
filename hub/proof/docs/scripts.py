"""Minified page scripts for browsers: without comments, and with short names. The hub serves the files that this writes."""

from __future__ import annotations

from pathlib import Path

from hub.web.tracking.script import STATIC

SCRIPTS = tuple(sorted(path for path in STATIC.glob("*.js") if not path.name.endswith(".min.js")))


def minified(script: Path) -> str:
    """A script's minified text."""
    import minify  # a development dependency: a running hub does not need it

    return str(minify.string("text/javascript", script.read_text(encoding="utf-8"))) + "\n"
