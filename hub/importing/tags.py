"""The tags that users there may choose, with their colors: CallRail's names of colors are the hub's too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from hub.contracts.titles import titled
from hub.errors import CannotDo
from hub.importing.places import COMPANY, matches_of
from hub.importing.records import TagRecord
from hub.importing.steps import NEW, SAME, Tally
from hub.marks.tag_definitions import COLORS, DEFAULT_COLOR
from hub.marks.tag_names import tag_name
from hub.model import Account, TagDefinition
from hub.model.imports import CALLRAIL, connector_of
from hub.store import audit

NO_NAME = "a tag's name is empty or longer than 40 characters"
NO_COMPANY = "a tag's company is not brought over"


def write_tags(
    session: Session, source: str, account: Account, records: Sequence[TagRecord], now: datetime, actor: str
) -> Tally:
    """Define the tags that are not here yet, known by name and company, with audit entries."""
    tally = Tally()
    companies = matches_of(session, source)[COMPANY]
    there = session.exec(select(TagDefinition).where(TagDefinition.account_id == account.id))
    known = {(row.company_id, row.name.casefold()) for row in there}
    for record in records:
        company_id = companies.get(record.company_id) if record.company_id else None
        if record.company_id and company_id is None:
            tally.skip(NO_COMPANY, record.id)
            continue
        try:
            name = tag_name(record.name)
        except CannotDo:
            tally.skip(NO_NAME, record.id)
            continue
        if {(company_id, name.casefold()), (None, name.casefold())} & known:
            tally.counts[SAME] += 1
            continue
        known.add((company_id, name.casefold()))
        row = TagDefinition(
            account_id=account.id,
            company_id=company_id,
            name=name,
            color=record.color if record.color in COLORS else DEFAULT_COLOR,
            enabled=record.enabled,
            made_at=now,
            made_by=titled("connector", connector_of(CALLRAIL)),
        )
        session.add(row)
        session.flush()
        audit.note(session, now, actor, "tags.define", company_id or account.id, row.id)
        tally.counts[NEW] += 1
    return tally
