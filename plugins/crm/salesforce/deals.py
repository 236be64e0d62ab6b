"""Opportunities into outcomes: changes since a cursor, with the contacts' numbers and the call that started the deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hub.api import RetryLater
from hub.api.crm import OutcomePage

from .connection import Connection, Row
from .cursor import Cursor
from .translate import PHONE_FIELDS, instant, outcome

PAGE_SIZE = 200
"""Deals per page."""

FIELDS = (
    "Id", "StageName", "Amount", "CloseDate", "IsClosed", "IsWon", "LastStageChangeDate", "CreatedDate",
    "SystemModstamp", "Account.Phone",
)  # fmt: skip


def changed(connection: Connection, cursor: str | None) -> OutcomePage:
    """The next page of changed deals, oldest change first."""
    here = Cursor.parse(cursor)
    fields = [*FIELDS, "CurrencyIsoCode"] if connection.settings.multi_currency else FIELDS
    where = f" WHERE {here.condition()}" if here.condition() else ""
    query = f"SELECT {', '.join(fields)} FROM Opportunity{where} ORDER BY SystemModstamp, Id LIMIT {PAGE_SIZE}"  # noqa: S608
    deals = connection.select(query)
    try:
        read = [(str(deal["Id"]), instant(deal["SystemModstamp"])) for deal in deals]
    except (KeyError, ValueError):
        raise RetryLater("Salesforce sent deals without id or stamp; the hub reads them again.") from None
    news = [deal for deal, (key, stamp) in zip(deals, read, strict=True) if here.is_news(key, stamp)]
    roles = _roles(connection, [deal["Id"] for deal in news])
    calls = _calls(connection, news, roles)
    there = here.after(read, complete=len(deals) < PAGE_SIZE)
    return OutcomePage(
        outcomes=tuple(
            outcome(deal, roles.get(deal["Id"], ()), calls.get(deal["Id"]), connection.settings) for deal in news
        ),
        cursor=cursor if there == here else str(there),
        more=len(deals) == PAGE_SIZE,
    )


def _roles(connection: Connection, deal_ids: Sequence[str]) -> dict[str, list[Row]]:
    """The contacts of each deal, the primary one first."""
    phones = ", ".join(f"Contact.{field}" for field in PHONE_FIELDS["Contact"])
    query = (
        f"SELECT OpportunityId, ContactId, IsPrimary, Contact.Email, {phones} FROM OpportunityContactRole "  # noqa: S608
        "WHERE OpportunityId IN {} ORDER BY IsPrimary DESC, Id"
    )
    found: dict[str, list[Row]] = {}
    for role in connection.select_each(query, deal_ids):
        found.setdefault(role["OpportunityId"], []).append(role)
    return found


def _calls(connection: Connection, deals: Sequence[Row], roles: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Deal id to our call's id: the first call logged on the deal itself, else the only call of its contacts up to the day
    of the deal's creation. If several calls match, none is chosen: the hub finds them by the phone numbers."""
    field = connection.settings.call_key_field
    owners = {deal["Id"]: {role["ContactId"] for role in roles.get(deal["Id"], ())} for deal in deals}
    contacts = sorted(set().union(*owners.values())) if owners else []
    chosen: dict[str, str] = {}
    on_deal: dict[str, str] = {}
    by_contact: dict[str, list[Row]] = {}
    for column, ids in (("WhatId", list(owners)), ("WhoId", contacts)):
        query = (
            f"SELECT {field}, WhatId, WhoId, ActivityDate FROM Task WHERE {column} IN {{}} "  # noqa: S608
            f"AND {field} != null ORDER BY CreatedDate, Id"
        )
        for task in connection.select_each(query, ids):
            if column == "WhatId":
                on_deal.setdefault(task["WhatId"], str(task[field]))
            else:
                by_contact.setdefault(task["WhoId"], []).append(task)
    for deal in deals:
        until = (instant(deal["CreatedDate"]) + timedelta(days=1)).date().isoformat()
        fitting = {
            str(task[field])
            for contact in owners[deal["Id"]]
            for task in by_contact.get(contact, ())
            if str(task.get("ActivityDate") or "") <= until
        }
        if deal["Id"] in on_deal:
            chosen[deal["Id"]] = on_deal[deal["Id"]]
        elif len(fitting) == 1:
            chosen[deal["Id"]] = fitting.pop()
    return chosen
