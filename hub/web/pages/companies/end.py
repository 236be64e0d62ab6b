"""`/companies/{company}/end`: a company leaves: the plan, the request, the export, the confirmation; for owners alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from hub.access.permissions import Action
from hub.errors import NotFound
from hub.leaving.archive import ZipArchive
from hub.leaving.certificate import as_text
from hub.leaving.export import export_company
from hub.leaving.steps import cancel_end, confirm_end, request_end
from hub.model import Company
from hub.queries.privacy.company_end import current_end, plan_company_end
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.security import file_headers

OWNER: Action = "users"
"""Only owners, of whole accounts, decide who belongs to an account; whether a company stays is their decision too."""


def request(page: PageRequest) -> Response:
    """Keep what is wanted: numbers that the company takes along, connectors that are left alone."""
    company, hub = page.company_named(page.path("company")), page.hub
    with hub.store.reading() as session:
        planned = plan_company_end(session, hub, company)
    erase_at = page.form.get("erase_at", [])
    keep_at = [each.connector for each in planned.requested if each.connector not in erase_at]
    hand_over = page.form.get("hand_over", [])
    return _changed(
        page,
        lambda session, row: request_end(session, hub, row, page.user.id, hand_over=hand_over, keep_at=keep_at),
        "It is requested. Nothing is changed yet; export the data next.",
    )


def cancel(page: PageRequest) -> Response:
    """Call it off."""
    return _changed(
        page,
        lambda session, row: cancel_end(session, page.hub, row, page.user.id),
        "It is called off; nothing was changed.",
    )


def confirm(page: PageRequest) -> Response:
    """Confirm it by the company's name; a worker carries it out."""
    name, without = page.value("name"), page.value("without_export") == "yes"
    return _changed(
        page,
        lambda session, row: confirm_end(session, page.hub, row, page.user.id, name, without_export=without),
        "It is confirmed. A worker carries it out; this page says how far it is.",
    )


def _changed(page: PageRequest, action: Callable[[Session, Company], object], notice: str) -> Response:
    company = page.company_named(page.path("company"))
    with page.hub.store.writing() as session:
        action(session, session.get_one(Company, company.id))
    return page.redirect(_here(page), notice)


def export(page: PageRequest) -> Response:
    """Everything of the company as a zip, which is sent while it is written."""
    company = page.company_named(page.path("company"))
    headers = file_headers(f"{company.name}.zip")
    return StreamingResponse(_zipped(page, company), headers=headers, media_type="application/zip")


def certificate(page: PageRequest) -> Response:
    """The certificate as text."""
    company = page.company_named(page.path("company"))
    with page.hub.store.reading() as session:
        end = current_end(session, company.id)
    if end is None or not end.certificate:
        raise NotFound("Not found")
    return Response(as_text(end.certificate), media_type="text/plain; charset=utf-8")


class _Sink(io.RawIOBase):
    """What a zip writes, until it is sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It only takes."""
        return True

    def write(self, data: object) -> int:
        """Keep the next bytes."""
        self._parts.append(bytes(data))  # type: ignore[call-overload]
        return len(self._parts[-1])

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


def _zipped(page: PageRequest, company: Company) -> Iterator[bytes]:
    sink = _Sink()
    archive = ZipArchive(sink)  # type: ignore[arg-type]
    for _ in export_company(page.hub, company, archive, page.user.id):
        yield sink.take()
    archive.finish()
    yield sink.take()


def _here(page: PageRequest) -> str:
    return page.link(f"/companies/{page.path('company')}/end")


def show(page: PageRequest) -> Response:
    """The plan, and the step that comes next."""
    company = page.company_named(page.path("company"))
    with page.hub.store.reading() as session:
        planned = plan_company_end(session, page.hub, company)
    return page.render("company_end.html", title=f"End {company.title}", planned=planned)


PAGES = (
    Page("/companies/{company}/end", show, OWNER),
    Page("/companies/{company}/end", request, OWNER, method="POST", again=show),
    Page("/companies/{company}/end/cancel", cancel, OWNER, method="POST", again=show),
    Page("/companies/{company}/end/confirm", confirm, OWNER, method="POST", again=show),
    Page("/companies/{company}/end/export", export, OWNER, method="POST"),
    Page("/companies/{company}/end/certificate", certificate, OWNER),
)
