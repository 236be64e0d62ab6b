"""`hub calls list` and `hub leads`: calls, texts and forms with filters, as the page of calls has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hub.access.users import may
from hub.cli.calls.call_commands import commands
from hub.cli.lists.reading import (
    After,
    AsUser,
    CampaignName,
    CompanyName,
    Limit,
    Reading,
    SearchWords,
    ShowPersonal,
    Since,
    SourceName,
    TrackerName,
    Until,
    company_and_tracker,
    page_listing,
    reading,
    source_and_medium,
)
from hub.cli.support.lists import Cell, Listing, listing
from hub.cli.support.options import choice, since, until
from hub.cli.support.output import CONFIG, EMPTY_CELL, ConfigFile, colored, plain
from hub.errors import CannotDo
from hub.model import Call, TextMessage
from hub.platform.formats import duration
from hub.queries.contact.view import ContactView
from hub.queries.lists.contact_list import list_contacts
from hub.queries.lists.filters import CHOICES, RIGHTS, ContactFilter
from hub.queries.lists.keyset import Cursor
from hub.queries.lookup import find_subject, typed

LeadChoice = Annotated[
    str | None,
    typer.Option(
        help="yes for what reports count; new, qualified, booked, not_a_lead; any that is marked, or none.",
        metavar="STATUS",
    ),
]


@commands.command("list")
@listing
def list_calls(
    company: CompanyName = None,
    tracker: TrackerName = None,
    source: SourceName = None,
    campaign: CampaignName = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[
        str | None,
        typer.Option(help="answered, missed, voicemail, abandoned, unanswered or live.", metavar="STATUS"),
    ] = None,
    lead: LeadChoice = None,
    search: SearchWords = None,
    kind: Annotated[str, typer.Option(help="call, text, form or all.", metavar="KIND")] = "call",
    signal: Annotated[str | None, typer.Option(help="What was read in the call, like booked.", metavar="NAME")] = None,
    spam: Annotated[
        str, typer.Option(help="yes: only what is spam; no: all else; all: both.", metavar="yes|no|all")
    ] = "all",
    limit: Limit = 50,
    after: After = None,
    user: AsUser = None,
    show_personal: ShowPersonal = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List calls, and with --kind also texts and forms, newest first. Without a command, hub calls does the same."""
    query = {
        "status": status,
        "lead": lead,
        "kind": kind,
        "campaign": campaign,
        "search": search,
        "spam": spam,
        "signal": signal,
    }
    return _list(
        config, "calls", query, (company, tracker), source, (since, until), limit, after, user, show_personal,
    )  # fmt: skip


@listing
def leads(
    company: CompanyName = None,
    tracker: TrackerName = None,
    source: SourceName = None,
    campaign: CampaignName = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[str, typer.Option(help="new, qualified, booked, not_a_lead, or any.", metavar="STATUS")] = "any",
    search: SearchWords = None,
    limit: Limit = 50,
    after: After = None,
    user: AsUser = None,
    show_personal: ShowPersonal = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the calls, texts and forms that somebody marked as a lead, with status and value, newest first."""
    if status == "none":
        raise CannotDo("hub leads lists what is marked; hub calls list --lead none --kind all lists what is not.")
    query = {"lead": status, "kind": "all", "campaign": campaign, "search": search}
    return _list(
        config, "leads", query, (company, tracker), source, (since, until), limit, after, user, show_personal,
    )  # fmt: skip


def _list(
    config: Path,
    name: str,
    query: dict[str, str | None],
    place: tuple[str | None, str | None],
    source: str | None,
    span: tuple[str | None, str | None],
    limit: int,
    after: str | None,
    user: str | None,
    show_personal: bool,
) -> Listing:
    company, tracker = company_and_tracker(*place)
    with reading(config, company, user, "calls", personal=name if show_personal else "") as read:
        wanted = _filter(read, {**query, "tracker": tracker}, source, span)
        page = list_contacts(
            read.session, read.scope, read.vault, list(read.companies), wanted, after=_place(read, after), limit=limit
        )
        rows = [_row(read, each) for each in page.items]
    return page_listing(
        name, read, rows, page.next is not None, _columns(name, read, rows, wanted.kind),
        ("campaign", "name", "company", "tracker", "length"), hint="The whole story of one: [bold]hub call ID[/bold]",
        nothing="Nothing matches. To try the hub, play a call: hub trigger call",
    )  # fmt: skip


def _filter(
    read: Reading, query: dict[str, str | None], source: str | None, span: tuple[str | None, str | None]
) -> ContactFilter:
    """The filter that the options make; CannotDo names the first option that makes none."""
    kind = choice(query.get("kind"), (*CHOICES["kind"], "all"), "--kind")
    spam = choice(query.get("spam"), (*CHOICES["spam"], "all"), "--spam")
    name, medium = source_and_medium(source)
    signal = query.get("signal")
    if signal and may(read.scope.user, RIGHTS["signal"]) is None:
        raise CannotDo(f"The role {read.scope.user.role} may not filter by signal.")
    search = query.get("search")
    return ContactFilter(
        kind=None if kind == "all" else kind,
        outcome=choice(query.get("status"), CHOICES["outcome"], "--status"),
        lead=choice(query.get("lead"), CHOICES["lead"], "--lead" if "status" in query else "--status"),
        signal=signal,
        spam=None if spam in (None, "all") else spam,
        tracker=query.get("tracker"),
        source=name,
        medium=medium,
        campaign=query.get("campaign"),
        q=typed(search) if search else None,
        begins=since(span[0], read.now, read.zone),
        ends=until(span[1], read.now, read.zone),
        zone=read.zone,
        now=read.now,
    )


def _place(read: Reading, after: str | None) -> str | None:
    """The cursor after the contact with an id, or a part of it."""
    if after is None:
        return None
    found = find_subject(read.session, after)
    at = (
        found.started_at
        if isinstance(found, Call)
        else found.at
        if isinstance(found, TextMessage)
        else found.submitted_at
    )
    return str(Cursor((at, found.id)))


def _row(read: Reading, each: ContactView) -> dict[str, Any]:
    mask = read.mask
    return {
        "id": each.id,
        "kind": each.kind,
        "at": each.at,
        "company": read.companies[each.company_id].name,
        "tracker": each.tracker_name,
        "number": mask.phone(each.number),
        "name": None if each.erased else mask.text(each.name),
        "email": mask.text(each.email),
        "outcome": each.outcome,
        "failed": each.broke_off,
        "spam": each.spam,
        "duration": each.duration,
        "answered_by": mask.phone(each.answered_at_number),
        "answered_device": getattr(each.subject, "answered_device", None),
        "first_time": each.first_time,
        "source": each.source,
        "medium": each.medium,
        "campaign": each.campaign,
        "keyword": mask.text(each.keyword),
        "landing_page": mask.page(each.landing_page),
        "lead": each.lead_status,
        "value": None if each.amount is None else f"{each.amount:.2f}",
        "currency": each.currency,
        "tags": [mask.text(tag) for tag in each.tags],
        "sent": {str(state): count for state, count in each.sent.items()},
    }


def _columns(name: str, read: Reading, rows: list[dict[str, Any]], kind: str | None) -> list[tuple[str, Cell]]:
    columns: dict[str, Cell] = {
        "id": "id",
        read.zone_name: lambda row: read.moment(row["at"]),
        "kind": "kind",
        "company": "company",
        "from": lambda row: plain(row["number"] or row["email"]),
        "name": "name",
        "status": _outcome,
        "length": lambda row: EMPTY_CELL if row["duration"] is None else duration(row["duration"]),
        "tracker": "tracker",
        "source": lambda row: plain(f"{row['source']} / {row['medium']}" if row["source"] else None),
        "campaign": "campaign",
        "lead": "lead",
        "value": lambda row: plain(f"{row['value']} {row['currency']}" if row["value"] else None),
    }
    left_out = {"kind"} if kind == "call" else set() if name == "calls" else {"length", "status"}
    left_out |= {each for each in ("name", "campaign", "lead", "value") if not any(row[each] for row in rows)}
    return [each for each in columns.items() if each[0] not in left_out]


def _outcome(row: dict[str, Any]) -> str:
    shown = colored("failed" if row["failed"] else row["outcome"]) if row["outcome"] else EMPTY_CELL
    return f"{shown} spam" if row["spam"] else shown
