"""`/privacy-desk/certificates`: signed certificates of erasures: the list, one as people read it, and a check."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from hub.access.users import names_of
from hub.model import PrivacyRequest
from hub.privacy_requests.certificate import as_text, is_genuine
from hub.privacy_requests.officer import certificate_for
from hub.privacy_requests.providers.stand_ins import STAND_INS_KEY, warning_of
from hub.queries.privacy.certificates import certificates_of
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest
from hub.web.pages.security import file_headers

CERTIFICATES_PER_PAGE = 50
RESULTS = {
    "erased": ("good", "Erased"),
    "nothing_held": ("", "Nothing held"),
    "not_confirmed": ("warn", "Not confirmed"),
    "partly_erased": ("warn", "Partly erased"),
    "impossible": ("held", "Not possible"),
}


def show_all(page: PageRequest) -> Response:
    """The list, and the form that checks one."""
    return _list(page)


def check(page: PageRequest) -> Response:
    """Check a certificate that somebody hands in."""
    text = page.value("certificate")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return _list(
            page, 422, typed=text, verdict=("bad", "Not a certificate", "Paste the whole JSON of the certificate.")
        )
    if not _is_genuine(page, document):
        words = "It was changed, or it was not signed by this hub."
        return _list(page, typed=text, verdict=("bad", "Not genuine", words))
    words = f"Signed by this hub at {document.get('certified_at')}, for the request {document.get('request')}."
    return _list(page, typed=text, verdict=("good", "Genuine", words))


def show(page: PageRequest) -> Response:
    """One certificate; who reads it is recorded."""
    request, certificate = _certificate(page)
    with page.session() as session:
        names = names_of(session, {str(certificate["erased_here"]["by"])})
    return desk_page(
        page,
        "certificate",
        tab="/certificates",
        title="Certificate of erasure",
        request=request,
        certificate=certificate,
        names=names,
        results=RESULTS,
        rehearsal=warning_of(certificate.get(STAND_INS_KEY) or ()),
        genuine=is_genuine(page.hub, certificate),
    )


def download(page: PageRequest) -> Response:
    """One certificate as a file: JSON, which can be checked, or plain text."""
    request, certificate = _certificate(page)
    plain = page.query.get("format") == "text"
    body = as_text(certificate) if plain else json.dumps(certificate, indent=2)
    headers = file_headers(f"certificate-{request.id[-12:]}.{'txt' if plain else 'json'}")
    return Response(body, headers=headers, media_type="text/plain" if plain else "application/json")


def _certificate(page: PageRequest) -> tuple[PrivacyRequest, dict[str, Any]]:
    with page.session() as session:
        wanted = page.scope.one(session, PrivacyRequest, page.path("request_id"))
    with page.hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, wanted.id)
        return request, certificate_for(session, page.hub, request, page.user.id)


def _is_genuine(page: PageRequest, document: dict[str, object]) -> bool:
    try:
        return is_genuine(page.hub, document)
    except (ValueError, TypeError, RecursionError):
        return False


def _list(
    page: PageRequest, status: int = 200, *, typed: str = "", verdict: tuple[str, str, str] | None = None
) -> Response:
    with page.session() as session:
        found = certificates_of(session, page.company_ids, page.query.get("after"), CERTIFICATES_PER_PAGE)
    return desk_page(
        page,
        "certificates",
        status,
        tab="/certificates",
        title="Certificates",
        certificates=found.items,
        older=page.here(after=found.next) if found.next else None,
        newest=page.here() if page.query.get("after") else None,
        typed=typed,
        verdict=verdict,
    )


PAGES = (
    Page(f"{DESK}/certificates", show_all, "requests"),
    Page(f"{DESK}/certificates", check, "requests", method="POST"),
    Page(f"{DESK}/certificates/{{request_id}}", show, "requests"),
    Page(f"{DESK}/certificates/{{request_id}}/file", download, "requests"),
)
