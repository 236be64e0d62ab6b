"""CallRail's API v3 at `/v3/a`, so that clients written for CallRail run unchanged.

**A resource** is one declaration, `Resource(...)` in a module of this package: its path, the actions of which a user needs
one, the prefix of its ids, its `FieldSet` (hub.callrail.fields), a `query` with the filters of the request, the `orders` of
`sort`, and `records`, which renders a page of ids by functions of `hub.callrail`. List and single record, all three ways
of paging, `Link`, `sort`, `fields=`, errors, sign-in and rate limits come with it. See `companies.py` for a short one and
`calls.py` for a long one. It is listed in `routes.RESOURCES`.

**Anything else** is an `Endpoint(method, path, actions, answer)`, listed in `routes.ENDPOINTS`; so are **writes**:

    def update(asked: CallRailRequest) -> Answer:
        call_id = asked.row_id(CALL)                      # 404 if it is not a call's id
        set_lead(asked.hub, asked.scope, [call_id], …)    # the deed that pages and CLI use, with its audit entry
        with asked.session() as session:
            return CALLS.record(request, session, call_id)  # the same fields as GET

    ENDPOINTS = (Endpoint("PUT", "calls/{id}", ("marks",), update), …)

`asked.body` is the JSON body (or form fields) without members that are null, because null means "not given". A function
that returns None answers 204. `CannotDo` becomes 400, `NotFound` 404, both as `{"error": "…"}`. A path without braces is
tried before one with braces, so `calls/summary` never names a call.
"""

from hub.web.callrail.application import create_callrail_api

__all__ = ["create_callrail_api"]
