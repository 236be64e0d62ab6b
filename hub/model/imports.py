"""What an import from another call-tracking service has brought so far, and which of its things are which of ours."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field

from hub.contracts.titles import titled
from hub.model.calls import Call
from hub.model.columns import Row, json_column, time_column
from hub.model.forms import FormSubmission
from hub.model.messages import TextMessage

CALLRAIL = "callrail"
IMPORTED = "imported"
"""`found_by` of imported calls; `rule` of what the other service said of a contact's source."""
PREFIX = f"{IMPORTED}/"
"""Begins the connector of imported calls, texts and recordings, and the key of an imported form. No connector of config.yaml
has such a name; the key of a form from a page begins with its company's id."""


class ImportStep(Row, table=True):
    """How far one list of the other service was read. It is written together with the rows of each page, so an import that
    was killed goes on behind the last page that was stored."""

    __tablename__ = "import_step"

    source: str = Field(primary_key=True, max_length=80)
    """Whose list it is: `callrail/` and the account's id there, or `csv/` and the digest of a file."""
    resource: str = Field(primary_key=True, max_length=16)
    """`calls`, `forms`, `texts`, `recordings`, `opt_outs`, or `structure` for companies, trackers, users and tags."""
    options: str = Field(default="", max_length=200)
    """What was asked for, such as the days; with other options the list is read from its beginning."""
    place: int = 0
    """Pages, or lines of a file, that were read."""
    total: int | None = None
    counts: dict[str, Any] = json_column()
    """How many rows were new, changed, unchanged or skipped."""
    problems: dict[str, Any] = json_column()
    """Reason → how many could not be brought over, and the ids there of the first few."""
    known_problems: dict[str, Any] = json_column()
    """The problems that the run before this one had: `hub import --quiet` prints only those that came since."""
    refusals: dict[str, Any] = json_column()
    """In what people refuse texts or calls (`RefusalSource`) → how many such refusals are sure, and how many doubtful."""
    begun_at: datetime = time_column()
    moved_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)


class ImportMatch(Row, table=True):
    """A company, tracker or user there, and its counterpart here, so that a new name on either side changes nothing."""

    __tablename__ = "import_match"

    source: str = Field(primary_key=True, max_length=80)
    kind: str = Field(primary_key=True, max_length=16)
    external_id: str = Field(primary_key=True, max_length=64)
    own_id: str = Field(max_length=36)
    matched_at: datetime = time_column()


class SwitchStep(Row, table=True):
    """A step of the switch-over plan (`hub import plan`) that somebody ticked off."""

    __tablename__ = "switch_step"

    step: str = Field(primary_key=True, max_length=80)
    done_at: datetime = time_column()
    done_by: str = Field(max_length=64)
    """The account of the machine that ran the command."""


def connector_of(service: str) -> str:
    """The connector of what a service had: `imported/callrail`."""
    return PREFIX + service


def service_title(service: str) -> str:
    """What people call a service: `CallRail` for `callrail`."""
    return titled("connector", connector_of(service))


def was_imported(subject: Call | TextMessage | FormSubmission) -> bool:
    """Whether a call, text or form was brought over from another service, which has reported its conversions already."""
    return _origin(subject).startswith(PREFIX)


def imported_from(subject: Call | TextMessage | FormSubmission) -> str | None:
    """The title of the service from which a call, text or form was brought over; None if it came in here."""
    if not was_imported(subject):
        return None
    return service_title(_origin(subject).split("/")[1])


def _origin(subject: Call | TextMessage | FormSubmission) -> str:
    return subject.submission_key if isinstance(subject, FormSubmission) else subject.connector
