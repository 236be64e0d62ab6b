"""Privacy requests, and the files that answer them. Each access is in the audit log before the data is sent."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Response

from hub.model import PrivacyRequest
from hub.model.requests import RequestKind
from hub.model.states import RequestState
from hub.privacy_requests.access_file import read_file
from hub.queries.privacy.requests import RequestFilter, page_of_requests
from hub.web.api.auth import MayExports, MayRequests
from hub.web.api.paging import After, CompanyName, Limit, Since, Until, company_ids
from hub.web.api.schemas import PrivacyRequestAnswer, PrivacyRequestDetail, PrivacyRequests, shaped


def add_requests(api: FastAPI) -> None:
    """Add the routes for privacy requests."""

    @api.get("/requests", operation_id="listPrivacyRequests")
    def requests(
        authorized: MayRequests,
        company: CompanyName = None,
        kind: RequestKind | None = None,
        state: RequestState | None = None,
        since: Since = None,
        until: Until = None,
        after: After = None,
        limit: Limit = 50,
    ) -> PrivacyRequests:
        """Requests of people about their data, the newest first; `since` and `until` are of their receipt."""
        wanted = RequestFilter(kind=kind, state=state, begins=since, ends=until)
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            found = page_of_requests(session, authorized.scope, ids, wanted, after, limit)
        return PrivacyRequests(requests=shaped(PrivacyRequestAnswer, found.items), next=found.next)

    @api.get("/requests/{request_id}", operation_id="getPrivacyRequest")
    def request(authorized: MayRequests, request_id: str) -> PrivacyRequestDetail:
        """One privacy request with the person who asks. Reading it is in the audit log."""
        with authorized.session() as session:
            row = authorized.scope.one(session, PrivacyRequest, request_id)
        authorized.note("privacy.request.read", row.id)
        return PrivacyRequestDetail.model_validate(row)

    @api.get(
        "/requests/{request_id}/file",
        operation_id="getPrivacyRequestFile",
        response_class=Response,
        responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    def file(authorized: MayExports, request_id: str) -> Response:
        """The ZIP file that answers a privacy request. Reading it is in the audit log."""
        with authorized.session() as session:
            row = authorized.scope.one(session, PrivacyRequest, request_id)
            data = read_file(session, authorized.hub, row)
        if data is None:
            raise HTTPException(409, "There is no file for this request, or not any more.")
        authorized.note("privacy.request.export", row.id)
        named = {"Content-Disposition": f'attachment; filename="request-{row.id}.zip"'}
        return Response(data, media_type="application/zip", headers=named)
