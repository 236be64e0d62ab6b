"""The data map as one page of HTML: everything in it, nothing loaded from elsewhere, fit to be printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from hub.config.retention import spell_life
from hub.privacy.datamap.chart import DataMap, readable
from hub.privacy.datamap.flows import by_recipient
from hub.privacy.datamap.trust import HANDED_OVER

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { margin-top: 2.2rem; font-size: 1.2rem; }
p.when { color: #5a6775; margin-top: .2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #d9dee3; }
th { color: #5a6775; font-weight: 600; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.finding { border-left: 4px solid #b42318; background: #fef3f2; padding: .5rem .9rem; }
.calm { border-left: 4px solid #2e7d4f; background: #f1f8f4; padding: .5rem .9rem; }
code { font-size: .85em; overflow-wrap: anywhere; }
@media print { body { max-width: none; margin: 0; font-size: 11px; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def html(chart: DataMap) -> str:
    """The whole page."""
    parts = [
        "<!doctype html>",
        "<html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>Data map</title><style>{STYLE}</style></head><body>",
        "<h1>Data map</h1>",
        f"<p class='when'>{escape(', '.join(chart.controllers))} · as of {chart.at:%Y-%m-%d %H:%M} UTC. Made from the "
        "manifests of the connectors in use and from the disclosures that were written down when data was sent.</p>",
        *_findings(chart),
        "<h2>Who is given what</h2>",
        *_recipients(chart),
        *_former(chart),
        "<h2>What is stored here, and how long</h2>",
        _table(
            ("What", "Category", "Life", "Then", "Rows", "Past its life", "On hold"),
            (
                (
                    escape(each.name), _named(each.category),
                    spell_life(each.life) + (f"<br>{escape(each.reason)}" if each.reason else ""),
                    "deleted" if each.ending == "deleted" else "emptied", f"{each.rows:,}", f"{each.past:,}",
                    f"{each.held:,}",
                )
                for each in chart.storage
            ),
            numbers=(4, 5, 6),
        ),
        "<h2>What was kept back in the last 90 days</h2>",
        *_refusals(chart),
        "</body></html>",
    ]  # fmt: skip
    return "\n".join(parts)


def _findings(chart: DataMap) -> Iterator[str]:
    for sentence in chart.problems():
        yield f"<p class='finding'>{escape(sentence)}</p>"
    if not chart.problems():
        yield f"<p class='calm'>{HANDED_OVER}</p>"
    yield f"<p>{escape(chart.rests_on)}</p>"


def _recipients(chart: DataMap) -> Iterator[str]:
    if not chart.recipients():
        yield "<p>No data leaves this machine.</p>"
    for recipient, flows in by_recipient(chart.flows).items():
        first = flows[0]
        where = ", ".join(sorted({region for flow in flows for region in flow.regions})) or "not told"
        yield f"<h3>{escape(recipient)}</h3>"
        standing = "processor" if first.role == "processor" else "controller of its own"
        deletes = "deletes on request" if all(flow.deletable for flow in flows) else "cannot take everything back"
        plugins = ", ".join(sorted({flow.plugin for flow in flows}))
        stand_in = " · stand-ins only here" if all(flow.connector in chart.sandboxed for flow in flows) else ""
        yield f"<p>{standing} · {escape(where)} · {deletes} · plugin {escape(plugins)}{stand_in}</p>"
        kept = "; ".join(sorted({flow.kept for flow in flows}))
        yield f"<p>Kept there: {escape(kept)}.</p>"
        yield _table(
            ("Category", "For", "As", "Through", "Sent", "Last"),
            (
                (
                    _named(flow.category), _named(flow.use), escape(flow.transform), escape(f"{flow.connector}, {flow.hook}"),
                    f"{flow.seen.count:,}" if flow.seen else "0", f"{flow.seen.last:%Y-%m-%d}" if flow.seen else "never",
                )
                for flow in flows
            ),
            numbers=(4, 5),
        )  # fmt: skip


def _former(chart: DataMap) -> Iterator[str]:
    if not chart.former:
        return
    yield "<h2>What was sent before, and is not any more</h2>"
    yield _table(
        ("Recipient", "Category", "For", "Through", "Sent", "Last"),
        (
            (
                escape(recipient), _named(category), _named(use), escape(connector), f"{seen.count:,}",
                f"{seen.last:%Y-%m-%d}",
            )
            for (connector, recipient, use, category), seen in chart.former.items()
        ),
        numbers=(4,),
    )  # fmt: skip


def _refusals(chart: DataMap) -> Iterator[str]:
    if not chart.refusals:
        yield "<p>Nothing that is not declared was about to leave.</p>"
        return
    yield "<p>Fields that a plugin's manifest does not declare are emptied before the plugin gets a value; requests to hosts "
    yield "that it does not declare do not leave.</p>"
    yield _table(
        ("Connector", "What", "Name", "Times", "Last"),
        (
            (escape(each.connector), each.kind, f"<code>{escape(each.name)}</code>", f"{each.count:,}", str(each.last))
            for each in chart.refusals
        ),
        numbers=(3,),
    )


def _named(name: str) -> str:
    return f"{escape(readable(name))}<br><code>{escape(name)}</code>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """`rows` are HTML already."""
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{' class=number' if i in numbers else ''}>{cell}</td>" for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
