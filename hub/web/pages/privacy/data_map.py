"""`/privacy-desk/data-map`: who gets what, as declared and as really sent; and the documents made from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from starlette.responses import Response

from hub.config.models import Config
from hub.errors import CannotDo, NotFound
from hub.model import Company
from hub.privacy.datamap import DataMap, draw
from hub.privacy.datamap.notice import SIGNAL_NAMES, notice_blocks
from hub.privacy.datamap.page import html
from hub.privacy.datamap.papers import record_of_processing
from hub.queries.privacy.data_map import data_map, narrowed
from hub.queries.privacy.retention import is_whole_hub
from hub.web.pages.csv_file import csv_response
from hub.web.pages.guard import Page
from hub.web.pages.periods import PRESETS
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest
from hub.web.pages.security import file_headers
from hub.web.privacy.opt_outs import SignalPolicy

ROLES = {"processor": "On your behalf", "independent_controller": "Third party, decides for itself", "none": "Nobody"}
CSV_COLUMNS = (
    "recipient", "role", "regions", "transfer", "connectors", "category", "use", "sale or sharing", "as", "sent", "last sent",
    "kept there", "can erase",
)  # fmt: skip


def show(page: PageRequest) -> Response:
    """The map of the chosen companies."""
    period = page.period("7d")
    with page.hub.store.reading() as session:
        found = data_map(session, page.hub.config, chosen(page), period.begins, period.ends, page.now)
    return desk_page(
        page,
        "data_map",
        tab="/data-map",
        title="Data map",
        map=found,
        period=period,
        presets=[(name, words) for name, (words, _) in PRESETS.items()],
        roles=ROLES,
        papers=_papers(page),
    )


def download(page: PageRequest) -> Response:
    """One document; NotFound if there is none of this name."""
    name = page.path("paper")
    if name not in _PAPERS:
        raise NotFound("Not found")
    page.note("privacy.map.export", page.company.id if page.company else page.user.account_id, name)
    return _PAPERS[name](page)


def chosen(page: PageRequest) -> list[Company]:
    """The companies that the page shows."""
    return page.shown_companies


def _papers(page: PageRequest) -> list[tuple[str, str]]:
    """Names of the documents, with what they are."""
    found = [("record.md", "Record of processing (GDPR Art. 30)"), ("processors.csv", "List of processors")]
    found += [("notice.md", "Text for the privacy statement")] if page.company else []
    return [*found, *([("map.html", "Whole map, to print"), ("map.json", "Whole map, JSON")] if _whole(page) else [])]


def _whole(page: PageRequest) -> bool:
    with page.hub.store.reading() as session:
        return page.scope.companies is None and is_whole_hub(session, [each.id for each in page.companies])


def _drawn(page: PageRequest) -> tuple[DataMap, Config]:
    with page.hub.store.reading() as session:
        chart = draw(session, page.hub.config, page.now)
    return narrowed(chart, page.hub.config, chosen(page))


def _record(page: PageRequest) -> Response:
    return _file("record.md", record_of_processing(*_drawn(page)))


def _notice(page: PageRequest) -> Response:
    if page.company is None:
        raise CannotDo("Choose one company first: each has a privacy statement of its own.")
    chart, config = _drawn(page)
    section = next(each for each in config.companies if each.name == page.company.name)
    policy, home = SignalPolicy(page.hub), page.directory.companies[page.company.name]
    heeded = [name for kind, name in SIGNAL_NAMES.items() if policy.signal(home, kind)]
    return _file("notice.md", notice_blocks(chart, config, section, heeded))


def _processors(page: PageRequest) -> Response:
    period = page.period("7d")
    with page.hub.store.reading() as session:
        found = data_map(session, page.hub.config, chosen(page), period.begins, period.ends, page.now)
    rows: list[Sequence[object]] = [CSV_COLUMNS]
    for each in found.recipients:
        for given in each.given:
            seen, who = given.seen, each.processor
            where = (", ".join(who.regions), who.transfer)
            said = (who.recipient, ROLES.get(who.role, who.role), *where, ", ".join(given.connectors))
            sent = (seen.count if seen else 0, seen.last.isoformat() if seen else "")
            shared = "yes" if given.use in who.sale_or_sharing else "no"
            what = (given.category, given.use, shared, ", ".join(given.transforms))
            rows.append((*said, *what, *sent, who.kept, "yes" if who.erases else "no"))
    return csv_response("processors.csv", rows)


def _map_html(page: PageRequest) -> Response:
    return _file("map.html", [html(_everything(page))], "text/html")


def _map_json(page: PageRequest) -> Response:
    return _file("map.json", [json.dumps(_everything(page).as_data(), default=str, indent=2)], "application/json")


def _everything(page: PageRequest) -> DataMap:
    if not _whole(page):
        raise NotFound("Not found")
    with page.hub.store.reading() as session:
        return draw(session, page.hub.config, page.now)


_PAPERS: Mapping[str, Callable[[PageRequest], Response]] = {
    "record.md": _record,
    "notice.md": _notice,
    "processors.csv": _processors,
    "map.html": _map_html,
    "map.json": _map_json,
}


def _file(name: str, lines: Iterable[str], kind: str = "text/markdown") -> Response:
    return Response("\n".join(lines), headers=file_headers(name), media_type=kind)


PAGES = (
    Page(f"{DESK}/data-map", show, "consent"),
    Page(f"{DESK}/data-map/{{paper}}", download, "consent"),
)
