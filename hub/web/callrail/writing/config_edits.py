"""Changes of config.yaml that a client asks for: those of hub.web.api.trackers.config_edits for one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fastapi import HTTPException
from sqlmodel import Session

from hub.config.edit import Change, Move
from hub.config.models import CompanySection
from hub.model import Company
from hub.reload import ConfigFile
from hub.web.api.trackers.config_edits import ConfigEdits, file_name
from hub.web.callrail.request import CallRailRequest

__all__ = ["apply", "edits_of", "file_name", "file_of", "place_of_company", "running_section", "section_of", "sections"]


def edits_of(request: CallRailRequest) -> ConfigEdits:
    """config.yaml as the user of a request may change it; 403 if nobody may."""
    assert request.tools is not None
    edits = ConfigEdits(request.hub, request.scope.user, request.tools)
    if edits.locked:
        raise HTTPException(403, edits.locked)
    return edits


def file_of(request: CallRailRequest) -> ConfigFile:
    """config.yaml, if it can be written; 403 says why it cannot."""
    return edits_of(request).file


def apply(request: CallRailRequest, edits: Iterable[Change | Move], members: Mapping[str, str]) -> None:
    """Apply edits in the user's name."""
    edits_of(request).apply(edits, members)


def sections(request: CallRailRequest) -> Sequence[CompanySection]:
    """All companies as the file has them now, those of other accounts too."""
    return edits_of(request).sections()


def section_of(request: CallRailRequest, company: Company) -> CompanySection:
    """A company as the file has it now; CannotDo if it is not in it."""
    return edits_of(request).section_of(company)


def running_section(request: CallRailRequest, company: Company) -> CompanySection | None:
    """A company as the file has it, or as the hub runs without a file; None if it is in neither."""
    file = request.tools.config_file if request.tools else None
    found = file.check(file.read().text).companies if file else request.hub.config.companies
    return next((each for each in found if each.name == company.name), None)


def place_of_company(request: CallRailRequest, session: Session, name: str) -> tuple[str, ...]:
    """Where a company of the account stands in the file."""
    return edits_of(request).place_of_company(session, name)
