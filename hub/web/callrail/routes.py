"""Everything that the API answers."""

from __future__ import annotations

from hub.web.callrail import accounts, call_parts, call_reports, forms, leads, not_taken, texts
from hub.web.callrail.calls import CALLS
from hub.web.callrail.companies import COMPANIES
from hub.web.callrail.paging import Counts
from hub.web.callrail.resource import Endpoint, Resource
from hub.web.callrail.trackers import TRACKERS
from hub.web.callrail.users import USERS
from hub.web.callrail.writing import ENDPOINTS as WRITES

RESOURCES: tuple[Resource, ...] = (
    CALLS,
    COMPANIES,
    TRACKERS,
    USERS,
    forms.FORMS,
    texts.TEXT_MESSAGES,
    texts.SMS_THREADS,
    leads.LEADS,
)
ENDPOINTS: tuple[Endpoint, ...] = (
    *accounts.ENDPOINTS,
    *call_parts.ENDPOINTS,
    *call_reports.ENDPOINTS,
    *forms.ENDPOINTS,
    *leads.ENDPOINTS,
    *not_taken.ENDPOINTS,
    *WRITES,
)


def every_endpoint(counts: Counts) -> tuple[Endpoint, ...]:
    """The lists and records of all resources, and all other endpoints."""
    return (*ENDPOINTS, *(each for resource in RESOURCES for each in resource.endpoints(counts)))
