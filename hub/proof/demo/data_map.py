"""What the demo shows of privacy: its data map as a table and a page, and the access file of the person with most
disclosures."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.contracts.titles import readable
from hub.model import Company, Disclosure, Person
from hub.model.people import is_typed
from hub.privacy.datamap import DataMap, draw
from hub.privacy.datamap.flows import by_party, said
from hub.privacy.datamap.page import html
from hub.privacy.datamap.papers import named
from hub.privacy_requests.access_file import read_file
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify
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


ACTOR = "demo"


def write_access_file(console: Console, hub: Hub, folder: Path) -> None:
    """Answer one person's access request the normal way, and write the file into `folder`; no file if no person is known."""
    with hub.store.writing() as session:
        person = _most_reported(session)
        if person is None:
            return
        company = session.get_one(Company, person.company_id)
        request = open_request(session, hub, company, "access", actor=ACTOR, channel="demo", phone=person.phone_number)
        verify(session, request, ACTOR, "played by the demo", hub.clock())
    answered = run(hub, request.id, ACTOR)
    with hub.store.reading() as session:
        data = read_file(session, hub, answered)
    if data is not None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "access-file.zip"
        file.write_bytes(data)
        console.print(f"One caller's access file, with each recipient by name and date and the audio: {file}")


def _most_reported(session: Session) -> Person | None:
    most = (
        select(Disclosure.person_id)
        .join(Person, col(Person.id) == col(Disclosure.person_id))
        .where(col(Person.phone_number).is_not(None), ~is_typed())
        .group_by(col(Disclosure.person_id))
        .order_by(func.count().desc(), col(Disclosure.person_id))
    )
    person_id = session.exec(most).first()
    return session.get(Person, person_id) if person_id else None
