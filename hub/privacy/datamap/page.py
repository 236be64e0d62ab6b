"""The data map as one HTML page: self-contained, loads nothing from elsewhere, printable."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hub.config.retention import spell_life
from hub.contracts.titles import readable
from hub.privacy.datamap.chart import DataMap
from hub.privacy.datamap.flows import by_party, said
from hub.privacy.datamap.papers import mechanisms
from hub.privacy.datamap.trust import HANDED_OVER


def html(chart: DataMap) -> str:
    """The whole page."""
    return str(_template().render(chart=chart, parties=by_party(chart.flows), handed_over=HANDED_OVER)).lstrip()


@lru_cache(maxsize=1)
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, select_autoescape

    found = Environment(loader=PackageLoader("hub.privacy.datamap"), autoescape=select_autoescape(default=True))
    found.filters |= {"readable": readable, "life": spell_life, "said": said, "mechanisms": mechanisms}
    return found.get_template("map.html")
