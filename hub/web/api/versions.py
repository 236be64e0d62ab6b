"""The dated versions of the API, and the header by which a program says for which one it was written."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request

from hub.web.problems import Refusal

HEADER = "Ringfence-Version"
VERSIONS = (date(2026, 11, 30),)
"""Every version that this hub speaks, the oldest first. A version begins with a change that a program could notice that reads
the document: a field, parameter or value that goes, gets another type or another meaning. Whatever only adds something begins
none."""
CURRENT = VERSIONS[-1]
LIFETIME_MONTHS = 24
"""So long a version is spoken after the next one has begun."""


def checked_version(request: Request) -> date:
    """The version that a request asks for; the current one without a header. 400 if the hub does not speak it."""
    sent = request.headers.get(HEADER)
    found = CURRENT if sent is None else next((each for each in VERSIONS if str(each) == sent), None)
    if found is None:
        spoken = ", ".join(map(str, VERSIONS))
        raise Refusal("unknown_version", f"{HEADER} must be one of {spoken}, or left out for the newest.", HEADER)
    return found
