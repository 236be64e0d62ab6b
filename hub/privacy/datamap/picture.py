"""The data map as an SVG picture: categories down, recipients across; a full disc was seen, an empty ring only declared."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from hub.privacy.datamap.chart import DataMap, readable

ROW, COLUMN, LEFT, BOTTOM = 26, 92, 220, 62
LETTER = 3.9
"""How high one letter of a leaning head stands."""
FONT = "font-family='system-ui, sans-serif' font-size='12'"
INK, FAINT, LINE = "#1f2933", "#5a6775", "#d9dee3"
SEEN, DECLARED = "#2463a6", "#8a97a5"
OWN = "this hub"


def svg(chart: DataMap) -> str:
    """One picture, with a title and a description for those who do not see it; nothing in it is loaded from elsewhere."""
    recipients, categories = chart.recipients(), chart.categories()
    top = 36 + LETTER * max(len(_short(name)) for name in (OWN, *recipients))
    width = LEFT + COLUMN * (len(recipients) + 1) + 60
    height = round(top + ROW * len(categories) + BOTTOM)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' "
        f"role='img' aria-labelledby='map-title map-description' {FONT} fill='{INK}'>",
        "<title id='map-title'>Which data goes to whom</title>",
        f"<desc id='map-description'>{escape(_description(chart))}</desc>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
        *_heads((OWN, *recipients), top),
        *_rows(chart, recipients, categories, top),
        *_key(height),
        "</svg>",
    ]
    return "\n".join(parts)


def _heads(names: tuple[str, ...], top: float) -> Iterator[str]:
    for index, name in enumerate(names):
        x = LEFT + COLUMN * index + COLUMN / 2
        shown = f"{escape(_short(name))}<title>{escape(name)}</title>"
        yield f"<text transform='translate({x:.0f} {top - 14:.0f}) rotate(-35)'>{shown}</text>"


def _rows(chart: DataMap, recipients: tuple[str, ...], categories: tuple[str, ...], top: float) -> Iterator[str]:
    stored = {each.category for each in chart.storage}
    right = LEFT + COLUMN * (len(recipients) + 1)
    for index, category in enumerate(categories):
        y = top + ROW * index + ROW / 2
        yield f"<line x1='12' x2='{right}' y1='{y + ROW / 2:.0f}' y2='{y + ROW / 2:.0f}' stroke='{LINE}'/>"
        yield f"<text x='12' y='{y + 4:.0f}'>{escape(_short(readable(category)))}<title>{escape(category)}</title></text>"
        if category in stored:
            yield f"{_square(LEFT + COLUMN / 2, y)}<title>stored here</title></rect>"
        for column, recipient in enumerate(recipients, start=1):
            flows = chart.cell(category, recipient)
            if flows:
                x = LEFT + COLUMN * column + COLUMN / 2
                count = sum({flow.key: flow.seen.count for flow in flows if flow.seen}.values())
                told = f"{recipient}: {', '.join(sorted({readable(flow.use) for flow in flows}))}; {count:,} seen"
                fill = f"fill='{SEEN}'" if count else f"fill='white' stroke='{DECLARED}' stroke-width='2'"
                yield f"<circle cx='{x:.0f}' cy='{y:.0f}' r='6' {fill}><title>{escape(told)}</title></circle>"
                if count:
                    yield f"<text x='{x + 11:.0f}' y='{y + 4:.0f}' fill='{FAINT}' font-size='11'>{count:,}</text>"


def _key(height: int) -> Iterator[str]:
    y = height - 28
    yield f"<circle cx='18' cy='{y}' r='6' fill='{SEEN}'/><text x='30' y='{y + 4}'>sent, and how often</text>"
    yield f"<circle cx='168' cy='{y}' r='5' fill='white' stroke='{DECLARED}' stroke-width='2'/>"
    yield f"<text x='180' y='{y + 4}'>declared, not sent yet</text>"
    yield f"{_square(344, y)}</rect><text x='356' y='{y + 4}'>stored here</text>"


def _square(x: float, y: float) -> str:
    return f"<rect x='{x - 6:.0f}' y='{y - 6:.0f}' width='12' height='12' rx='2' fill='{INK}'>"


def _description(chart: DataMap) -> str:
    told = []
    for recipient in chart.recipients():
        categories = sorted({readable(flow.category) for flow in chart.flows if flow.recipient == recipient})
        told.append(f"{recipient} may be given {', '.join(categories)}.")
    return " ".join(told) or "No data leaves this machine."


def _short(name: str) -> str:
    return name if len(name) <= 32 else f"{name[:31]}…"
