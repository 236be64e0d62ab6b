"""The box in which a user writes a text: what the person allows, templates, and the size of what is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.delivery.answer_text import Recipient, TextPermission, may_text
from hub.model.columns import new_id
from hub.platform.formats import clock_time, day_of, phone, zone_name
from hub.texts.queue import MAX_BODY_CHARACTERS
from hub.texts.segments import BASIC, EXTENDED, SIZES, Size, size_of
from hub.texts.settings import templates_of
from hub.web.pages.request import PageRequest

MAX_ONCE_CHARACTERS = 64


@dataclass(frozen=True)
class AnswerBox:
    """What the box shows. `once` makes two submits of one form one text."""

    permission: TextPermission
    templates: dict[str, str]
    chosen: str
    body: str
    size: Size
    once: str
    local_time: str | None
    """What time it is where the person may be."""
    opens: str | None
    """When a text may go again, in the page's time zone and where the person may be."""
    sender: str | None
    alphabet: dict[str, Any]


def answer_box(page: PageRequest, recipient: Recipient) -> AnswerBox:
    """The box for a person. After an error it holds what was written."""
    permission = may_text(page.hub, page.directory, recipient)
    templates = templates_of(page.hub.config, permission.line) if permission.line else {}
    chosen = page.query.get("template", "")
    body = page.value("body") if page.errors else templates.get(chosen, "")
    return AnswerBox(
        permission=permission,
        templates=templates,
        chosen=chosen if chosen in templates else "",
        body=body,
        size=size_of(body),
        once=(page.value("once") if page.errors else "") or new_id(),
        local_time=_local_time(permission.time_zones, page.now),
        opens=_opens(page, permission),
        sender=phone(permission.line.number.number) if permission.line else None,
        alphabet={"basic": BASIC, "extended": EXTENDED, "sizes": SIZES, "limit": MAX_BODY_CHARACTERS},
    )


def written(page: PageRequest) -> tuple[str, str, bool]:
    """The body, the form's token, and whether the text may wait until it is allowed."""
    body = page.value("body").replace("\r\n", "\n")
    return body, page.value("once")[:MAX_ONCE_CHARACTERS] or new_id(), page.value("later") == "yes"


def sent_notice(page: PageRequest, not_before: datetime | None) -> str:
    """What the next page says after a text was queued."""
    if not_before is not None and not_before > page.now:
        return f"It will be sent at {_moment(page, not_before)}."
    return "It is on its way."


def _opens(page: PageRequest, permission: TextPermission) -> str | None:
    at = permission.not_before
    if at is None:
        return None
    there = _local_time(permission.time_zones, at)
    here = _moment(page, at)
    return here if there is None or there == clock_time(at, page.zone) else f"{here}; there it is {there} then"


def _moment(page: PageRequest, at: datetime) -> str:
    same_day = at.astimezone(page.zone).date() == page.now.astimezone(page.zone).date()
    day = "" if same_day else f" on {day_of(at, page.zone)}"
    return f"{clock_time(at, page.zone)}{day}, {zone_name(page.zone)}"


def _local_time(zones: tuple[str, ...], at: datetime) -> str | None:
    """2:58 pm; 2:58 pm to 5:58 pm if the person may be in several time zones."""
    local = sorted(at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for zone in zones)
    times = list(dict.fromkeys(clock_time(each.replace(tzinfo=ZoneInfo("UTC")), ZoneInfo("UTC")) for each in local))
    if not times:
        return None
    return times[0] if len(times) == 1 else f"{times[0]} to {times[-1]}"
