"""The demo's data map: which recipients got which data during the played day, as a short table and a page."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.contracts.titles import readable
from hub.privacy.datamap import DataMap, draw
from hub.privacy.datamap.flows import by_party, said
from hub.privacy.datamap.page import html
from hub.privacy.datamap.papers import named
from hub.runtime import Hub
from hub.store.violations import write_refusals


def show_data_map(console: Console, hub: Hub, folder: Path, *, whole: bool) -> None:
    """Print a short form of the map if `whole`, and write the full map into `folder`."""
    write_refusals(hub.store, hub.refusals)
    with hub.store.reading() as session:
        chart = draw(session, hub.config, hub.clock())
    if whole:
        console.print(_table(chart))
    for sentence in chart.problems():
        console.print(Text(sentence, "red"))
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "data-map.html"
    page.write_text(html(chart), encoding="utf-8")
    kept = sum(each.count for each in chart.refusals)
    console.print(f"The full data map is in {page}; {kept:,} undeclared fields and hosts were blocked.")


def _table(chart: DataMap) -> Table:
    table = Table(title="Who got what (declared, and seen)", title_justify="left")
    for heading in ("recipient", "where", "data that was sent", "declared, not sent"):
        table.add_column(heading, overflow="fold")
    table.add_column("disclosures", justify="right")
    for party, flows in by_party(chart.flows).items():
        sent = {flow.category for flow in flows if flow.seen}
        per_use = {(flow.connector, flow.use): flow.seen.count for flow in flows if flow.seen}
        table.add_row(
            named(*party),
            ", ".join(said(flows, "regions")),
            ", ".join(sorted(map(readable, sent))),
            ", ".join(sorted(readable(name) for name in {flow.category for flow in flows} - sent)),
            f"{sum(per_use.values()):,}",
        )
    return table
