"""`python -m hub.proof.docs` writes the generated files; with `--check` it only says whether they are up to date, and whether
the baseline of the schema is.

The generated files are the references in docs/ and the page scripts that browsers get.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from hub.cli.command_list import SUMMARIES_FILE
from hub.proof.docs.cli import cli_page, summaries
from hub.proof.docs.config import config_page
from hub.proof.docs.hooks import hooks_page
from hub.proof.docs.law import law_page
from hub.proof.docs.manifest import manifest_page
from hub.proof.docs.promises import promises_page
from hub.proof.docs.scripts import SCRIPTS, minified
from hub.proof.docs.website import website_page
from hub.proof.docs.words import words_found
from hub.store.migrations.baseline import is_stale

PAGES: dict[str, Callable[[], str]] = {
    "hooks.md": hooks_page,
    "manifest.md": manifest_page,
    "config.md": config_page,
    "cli.md": cli_page,
    "promises.md": promises_page,
    "law.md": law_page,
    "website.md": website_page,
}
SHOWN_LINES = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or with `--check` compare them; returns 1 if one differs."""
    parser = argparse.ArgumentParser(prog="python -m hub.proof.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if a page is out of date")
    parser.add_argument("--words", action="store_true", help="list words to avoid in docstrings and comments")
    parser.add_argument("--folder", type=Path, default=Path("docs"), help="where the pages are (docs)")
    chosen = parser.parse_args(arguments)
    if chosen.words:
        found = words_found()
        sys.stderr.writelines(f"{each}\n" for each in found)
        return 1 if found else 0
    differs = False
    pages = {chosen.folder / name: page() for name, page in PAGES.items()}
    pages |= {script.with_suffix(".min.js"): minified(script) for script in SCRIPTS}
    for path, text in {**pages, SUMMARIES_FILE: summaries()}.items():
        if not chosen.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            continue
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        if present != text:
            differs = True
            difference = difflib.unified_diff(
                present.splitlines(), text.splitlines(), str(path), "the code", lineterm=""
            )
            sys.stderr.write(f"{path} is out of date; run `python -m hub.proof.docs`.\n")
            sys.stderr.writelines(f"  {line}\n" for line in list(difference)[:SHOWN_LINES])
    if chosen.check and is_stale():
        differs = True
        sys.stderr.write("The tables differ from hub/store/migrations/baseline.sql; run `make migration`.\n")
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
