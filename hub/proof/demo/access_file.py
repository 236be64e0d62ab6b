"""The demo's example of an access file: answers a real access request of the person with the most disclosures."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import Company, Disclosure, Person
from hub.model.people import is_typed
from hub.privacy_requests.access_file import read_file
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify
from hub.runtime import Hub

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
