"""Shows privacy requests in tables and as JSON, and the plan of an erasure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.cli.support.output import EMPTY_CELL, moment, plain, say
from hub.cli.support.tables import table
from hub.model import PrivacyRequest
from hub.model.states import CLOSED_REQUEST_STATES
from hub.platform.fields import only
from hub.privacy_requests.providers.stand_ins import warning_of


def is_overdue(request: PrivacyRequest, now: datetime) -> bool:
    """Whether the deadline of an open request has passed."""
    return request.state not in CLOSED_REQUEST_STATES and request.deadline < now


def person_of(request: PrivacyRequest) -> list[str]:
    """The phone or email of the person who asked, while it is stored."""
    return [each for each in (request.phone_number, request.email) if each]


def request_row(request: PrivacyRequest, now: datetime) -> dict[str, object]:
    """A request as JSON takes it, without the person."""
    names = ("id", "kind", "state", "channel", "places", "rule", "received_at", "due_at", "extended_to", "promised_at",
             "verified_at", "closed_at")  # fmt: skip
    return {**only(*names)(request), "overdue": is_overdue(request, now)}


def due(request: PrivacyRequest, now: datetime) -> str:
    """The deadline, red after it has passed."""
    text = moment(request.deadline, seconds=False)
    return f"[red]{text}[/red]" if is_overdue(request, now) else text


def left(request: PrivacyRequest, now: datetime) -> str:
    """The days that are left, yellow after the product's own target has passed."""
    if request.state in CLOSED_REQUEST_STATES:
        return EMPTY_CELL
    days = (request.deadline - now).total_seconds() / 86_400
    if days < 0:
        return f"[red]{-days:.1f} d late[/red]"
    return f"[yellow]{days:.1f} d[/yellow]" if now > request.promised_at else f"{days:.1f} d"


def warn_of_rehearsal(connectors: Sequence[str]) -> None:
    """Warn if sandboxes answer in place of providers."""
    if connectors:
        say(f"[bold yellow]{plain(warning_of(connectors))}[/bold yellow]")


def show_plan(planned: dict[str, Any]) -> None:
    """Show what an erasure would do."""
    warn_of_rehearsal(planned["rehearsal"])
    for each in planned["held_by"]:
        say(f"[red]A legal hold prevents it[/red] ({each['id']}): {plain(each['reason'])}")
    table("Erased here", ("table", "rows"), ((name, str(count)) for name, count in planned["rows"].items()))
    table(
        "Asked to erase",
        ("recipient", "connector", "what the provider does"),
        ((plain(each["recipient"]), plain(each["connector"]), plain(each["note"])) for each in planned["ask"]),
    )
    table(
        "Conversions that are taken back",
        ("recipient", "connector", "conversions", "note"),
        (
            (plain(each["recipient"]), plain(each["connector"]), str(each["conversions"]), plain(each["note"]))
            for each in planned["take_back"]
        ),
    )
    table(
        "Webhooks that are notified",
        ("recipient", "webhook", "contacts sent to it"),
        ((plain(each["recipient"]), plain(each["connector"]), str(each["contacts"])) for each in planned["notify"]),
    )
    table(
        "Cannot be recalled",
        ("recipient", "what", "why"),
        (
            (plain(each["recipient"]), plain(", ".join(each["categories"])), plain(each["why"]))
            for each in planned["not_recallable"]
        ),
    )
    for each in planned["remains"]:
        say(f"Remains: {plain(each)}")
