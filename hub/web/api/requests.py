"""Privacy requests, and the files that answer them. Each access is in the audit log before the data is sent."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Response

from hub.model import PrivacyRequest
from hub.privacy_requests.access_file import read_file
from hub.queries.lists.keyset import Part, newest_first, page_of
from hub.web.api.auth import MayExports, MayRequests
from hub.web.api.paging import After, Limit
from hub.web.api.schemas import PrivacyRequestAnswer, PrivacyRequestDetail, PrivacyRequests, shaped


def add_requests(api: FastAPI) -> None:
    """Add the routes for privacy requests."""

    @api.get("/requests", operation_id="listPrivacyRequests")
    def requests(authorized: MayRequests, after: After = None, limit: Limit = 50) -> PrivacyRequests:
        """PrivacyRequests of people about their data, the newest first."""
        with authorized.session() as session:
            query = authorized.scope.select(PrivacyRequest)
            found = page_of(session, [Part(query, newest_first(PrivacyRequest.id))], after, limit)
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
        responses={200: {"content": {"application/zip": {}}}},
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
