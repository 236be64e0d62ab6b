"""The options of the commands for privacy requests, and how they open the hub, find the request and write the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from hub.cli.support.audit_note import note
from hub.model import Company, LegalHold, OptOut, PrivacyRequest
from hub.queries.lookup import by_id, known, known_place, one, typed
from hub.runtime import Hub
from hub.startup.opening import open_hub
from hub.startup.reading import read_config

Row = TypeVar("Row", "LegalHold", "OptOut", "PrivacyRequest")
RequestId = Annotated[str, typer.Argument(help="The request's id, or the end of it.", metavar="ID")]
CompanyName = Annotated[str, typer.Option("--company", help="The company's name in config.yaml.", metavar="NAME")]
OneCompany = Annotated[str | None, typer.Option("--company", help="Only this company.", metavar="NAME")]
Phone = Annotated[str | None, typer.Option("--phone", help="The person's phone number.", metavar="NUMBER")]
Email = Annotated[str | None, typer.Option("--email", help="The person's email address.", metavar="ADDRESS")]


@contextmanager
def open_for(config: Path, *, sandbox: bool = False) -> Iterator[Hub]:
    """A hub, opened for one command."""
    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        yield opened.hub


@contextmanager
def request_to_change(config: Path, request_id: str) -> Iterator[tuple[Hub, Session, PrivacyRequest]]:
    """A request in a writing session of its own, for one command."""
    with open_for(config) as hub, hub.store.writing() as session:
        yield hub, session, find_request(session, request_id)


def audit(session: Session, hub: Hub, action: str, subject: str) -> None:
    """Add an audit entry within `session`: someone read or did something."""
    note(session, hub.clock(), action, subject)


def company_named(session: Session, hub: Hub, name: str) -> Company:
    """A company's row; CannotDo if config.yaml has no company of that name."""
    known(name, [each.name for each in hub.config.companies], "company")
    return session.exec(select(Company).where(Company.name == name)).one()


def companies_named(session: Session, hub: Hub, name: str | None) -> list[str]:
    """The ids of all companies, or of the named one; CannotDo if no company has that name."""
    return [company_named(session, hub, name).id] if name else list(session.exec(select(Company.id)))


def with_companies(hub: Hub, table: type[Row], company: str | None) -> Select[Row, str]:
    """A query for the rows of a table with the names of their companies, or only the rows of `company`; CannotDo if no
    company has that name."""
    query = select(table, Company.name).join(Company, col(Company.id) == col(table.company_id))
    if company is None:
        return query
    known(company, [each.name for each in hub.config.companies], "company")
    return query.where(Company.name == company)


def find_request(session: Session, wanted: str) -> PrivacyRequest:
    """The request with an id, or the end of an id; CannotDo if none or several are found."""
    text = typed(wanted)
    return one(by_id(session, PrivacyRequest, text, PrivacyRequest.id), "privacy request", text)  # type: ignore[no-any-return]


def places_of(texts: list[str]) -> list[str]:
    """Places as the law tables write them; CannotDo if one is not a known place."""
    return [known_place(text, unions=("EU",)) for text in texts]
