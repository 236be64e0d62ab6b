"""Changes of config.yaml that a client asks for: those of hub.web.api.trackers.config_edits for one request."""

from __future__ import annotations

from fastapi import HTTPException

from hub.config.models import CompanySection
from hub.model import Company
from hub.web.api.trackers.config_edits import ConfigEdits
from hub.web.callrail.request import CallRailRequest


def edits_of(request: CallRailRequest) -> ConfigEdits:
    """config.yaml as the user of a request may change it; 403 if nobody may."""
    assert request.tools is not None
    edits = ConfigEdits(request.hub, request.scope.user, request.tools)
    if edits.locked:
        raise HTTPException(403, edits.locked)
    return edits


def running_section(request: CallRailRequest, company: Company) -> CompanySection | None:
    """A company as the file has it, or as the hub runs without a file; None if it is in neither."""
    file = request.tools.config_file if request.tools else None
    found = file.check(file.read().text).companies if file else request.hub.config.companies
    return next((each for each in found if each.name == company.name), None)
