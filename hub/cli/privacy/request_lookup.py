"""Shared by the commands for privacy requests: open the hub, find the request, write the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlmodel import Session
    from sqlmodel.sql.expression import Select

    from hub.model import Company, LegalHold, OptOut, PrivacyRequest
    from hub.runtime import Hub

Row = TypeVar("Row", "LegalHold", "OptOut", "PrivacyRequest")


@contextmanager
def open_for(config: Path, *, sandbox: bool = False) -> Iterator[Hub]:
    """A hub, opened for one command."""
    from hub.startup import open_hub, read_config

    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        yield opened.hub


def audit(session: Session, hub: Hub, action: str, subject: str) -> None:
    """Add an audit entry within `session`: someone read or did something."""
    from hub.cli.support.audit_note import note

    note(session, hub.clock(), action, subject)


def company_named(session: Session, name: str) -> Company:
    """A company's row."""
    from sqlmodel import select

    from hub.model import Company

    return session.exec(select(Company).where(Company.name == name)).one()


def with_companies(hub: Hub, table: type[Row], company: str | None) -> Select[Row, str]:
    """A query for the rows of a table with the names of their companies, or only the rows of `company`; CannotDo if no
    company has that name."""
    from sqlmodel import col, select

    from hub.model import Company
    from hub.queries.lookup import known

    query = select(table, Company.name).join(Company, col(Company.id) == col(table.company_id))
    if company is None:
        return query
    known(company, [each.name for each in hub.config.companies], "company")
    return query.where(Company.name == company)


def find_request(session: Session, wanted: str) -> PrivacyRequest:
    """The request with an id, or the end of an id; CannotDo if none or several are found."""
    from hub.model import PrivacyRequest
    from hub.queries.lookup import by_id, one, typed

    text = typed(wanted)
    return one(by_id(session, PrivacyRequest, text, PrivacyRequest.id), "privacy request", text)  # type: ignore[no-any-return]


def places_of(texts: list[str]) -> list[str]:
    """Places as the law tables write them; CannotDo if one is not a known place."""
    from hub.queries.lookup import known_place

    return [known_place(text, unions=("EU",)) for text in texts]
