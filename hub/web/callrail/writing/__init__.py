"""What a client changes through CallRail's API: each is the deed that the pages and the commands do, with its permission and
its audit entry, done once for each `Idempotency-Key`."""

from hub.web.callrail.writing import calls, companies, tags

ENDPOINTS = (*calls.ENDPOINTS, *companies.ENDPOINTS, *tags.ENDPOINTS)

__all__ = ["ENDPOINTS"]
