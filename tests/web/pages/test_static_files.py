"""Static files: vendored ones are what their table says, and only listed ones are served."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from collections.abc import Callable

from page_client import PageClient
from testbed import TestHub

from hub.web.pages.static_files import FILES
from hub.web.pages.templates import STATIC, static_url

VENDORED = STATIC / "vendor"


def test_each_vendored_file_is_the_one_that_the_table_names() -> None:
    with (VENDORED / "vendored.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["file"] for row in rows} == {each.name for each in VENDORED.iterdir() if each.suffix == ".js"}
    for row in rows:
        digest = hashlib.sha384((VENDORED / row["file"]).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == row["sha384"], row["file"]
        assert row["version"] and row["license"] and row["package"]


def test_own_scripts_stay_below_a_thousand_lines() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in (STATIC / "pages").glob("*.js"))
    assert lines <= 1_000


def test_a_file_is_kept_for_a_year_under_its_own_hash_and_nothing_else_is_served(
    lite_hub: Callable[..., TestHub],
) -> None:
    browser = PageClient(lite_hub(), None)
    for name in FILES:
        assert browser.get(static_url(name)).headers["cache-control"] == "public, max-age=31536000, immutable"
        assert browser.get(f"/static/0000/{name}").headers["cache-control"] == "no-cache"
    for name in ("vendor/vendored.tsv", "ringfence.js"):
        assert browser.get(f"/static/0000/{name}").status_code == 404


def test_every_block_of_the_style_sheet_is_closed() -> None:
    depth = 0
    for number, line in enumerate((STATIC / "pages/hub.css").read_text().splitlines(), 1):
        assert not (depth and line.startswith("@media")), f"line {number} stands in a block that is not closed"
        depth += line.count("{") - line.count("}")
    assert depth == 0


def test_a_color_scheme_changes_colors_alone() -> None:
    for path in (STATIC / "pages/hub.css", STATIC / "privacy.css"):
        blocks = re.findall(r"@media \(prefers-color-scheme: ?dark\) ?\{(.*?\})\s*\}", path.read_text(), re.DOTALL)
        assert blocks
        for block in blocks:
            assert re.fullmatch(r"\s*:root\s*\{(\s*--[\w-]+:[^;}]+;?)+\s*\}", block), (path.name, block)
