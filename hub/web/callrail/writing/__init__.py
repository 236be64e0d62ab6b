"""What a client changes through CallRail's API: each is the deed that the pages and the commands do, with its permission and
its audit entry, done once for each `Idempotency-Key`. And the resources that are mostly written."""

from hub.web.callrail.writing import (
    calls,
    companies,
    forms,
    integrations,
    numbers_and_flows,
    own_alerts,
    tags,
    texts,
    trackers,
    users,
)

ENDPOINTS = (
    *calls.ENDPOINTS,
    *companies.ENDPOINTS,
    *forms.ENDPOINTS,
    *integrations.ENDPOINTS,
    *numbers_and_flows.ENDPOINTS,
    *own_alerts.ENDPOINTS,
    *tags.ENDPOINTS,
    *texts.ENDPOINTS,
    *trackers.ENDPOINTS,
    *users.ENDPOINTS,
)

__all__ = ["ENDPOINTS"]
