"""Around every page: the session, the cross-site rule, the permission, the thread, and pages for errors."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from itertools import chain
from urllib.parse import parse_qsl, quote, urlencode

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from hub.access.permissions import Action
from hub.access.scope import AccessScope, scope_within
from hub.access.sign_in.sessions import LOCAL, HeldSession, SessionLifetime, must_note_use, note_use, session_of
from hub.errors import NotFound, RingfenceError
from hub.model import User
from hub.platform.id_words import words_of
from hub.web.error_answers import ShownError, accepts_page, described, problem
from hub.web.pages.navigation import ITEMS, SETTINGS_TABS, SETUP_ITEMS, NavigationItem, first_page
from hub.web.pages.request import PageContext, PageRequest
from hub.web.pages.security import is_cross_site, is_local
from hub.web.request_body import read_body

MULTIPART = "multipart/form-data"


def fields_and_files(content_type: str, body: bytes, max_fields: int) -> tuple[dict[str, list[str]], dict[str, bytes]]:
    """The fields, each with all its values, and the files by field; both empty if the body is not such a form."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("ascii", "replace")
    parsed: Message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = parsed.get_payload()
    if not isinstance(parts, list) or len(parts) > max_fields:
        return {}, {}
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for part in parts:
        if not isinstance(part, Message):
            continue
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            continue
        if part.get_filename() is not None:
            files[name] = data
        else:
            fields.setdefault(name, []).append(data.decode("utf-8", "replace").replace("\0", ""))
    return fields, files


log = structlog.get_logger(__name__)
MAX_FORM_BYTES = 100_000
MAX_FORM_FIELDS = 2_000
NONCE_BYTES = 16
NEAR = 0.6
"""How alike two addresses must be, from 0 to 1."""
SHOWN_WAYS = 3
ROLE_MAY: tuple[tuple[str, Action], ...] = (
    ("Calls", "calls"),
    ("Texts", "bodies"),
    ("Recordings of conversations", "recordings"),
    ("Voicemail", "voicemail"),
    ("Leads and notes", "marks"),
    ("Reports and costs", "reports"),
    ("What was sent", "deliveries"),
    ("Numbers and call flows", "setup"),
    ("Settings", "configure"),
    ("Users", "users"),
)
"""What a role may do, in the words of the pages."""


@dataclass(frozen=True)
class Page:
    """One route of the web interface. `action` is what a user must be allowed to do; None: any signed-in user."""

    path: str
    serve: Callable[[PageRequest], Response]
    action: Action | None = "calls"
    method: str = "GET"
    max_bytes: int = MAX_FORM_BYTES
    """Limit of a form's body; more for a page that takes files."""
    again: Callable[[PageRequest], Response] | None = None
    """Shows the page again after a POST that was refused, with the reason in `PageRequest.errors`; without it, the reason is a
    page of its own."""
    field: str = ""
    """Where `again` shows a reason that names no field."""
    fresh: str = ""
    """It needs a recent sign-in; without one the user signs in again, and comes back to this path."""


class SignedIn:
    """Turns page functions into endpoints for signed-in users."""

    def __init__(self, context: PageContext, lifetime: SessionLifetime | None = None) -> None:
        self._context = context
        self.lifetime = lifetime or SessionLifetime()

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return self._context.session_cookie

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of one page."""

        async def endpoint(request: Request) -> Response:
            if is_cross_site(request, self._context.public_url):
                return plain(403, "This request came from another site, so it was refused.")
            body = b""
            if request.method == "POST":
                read = await read_body(request, await self._limit(page, request))
                if read is None:
                    return plain(413, "The form is too large.")
                body = read
            return await run_in_threadpool(self._serve, page, request, body)

        return endpoint

    def session_of(self, request: Request) -> HeldSession | None:
        """The session of a request's cookie; None if there is none."""
        token = request.cookies.get(self.cookie, "")
        now = self._context.hub.clock()
        with self._context.hub.store.reading() as session:
            found = session_of(session, token, now, self.lifetime)
        if found and found.row.method == LOCAL and not is_local(request, self._context.public_url):
            return None
        if found and must_note_use(found.row, now):
            with self._context.hub.store.writing() as session:
                note_use(session, found.row.id, now)
        return found

    async def _limit(self, page: Page, request: Request) -> int:
        """The most that a body may have: more than a form's only for a signed-in user, so that strangers fill no memory."""
        if page.max_bytes <= MAX_FORM_BYTES or await run_in_threadpool(self.session_of, request) is None:
            return MAX_FORM_BYTES
        return page.max_bytes

    def _serve(self, page: Page, request: Request, body: bytes) -> Response:
        try:
            found = self.session_of(request)
            if found is None:
                return to_sign_in(request)
            return self._answer(page, request, body, found)
        except SQLAlchemyError as error:
            log.warning("page failed", path=page.path, error=type(error).__name__)
            return plain(503, "The database does not answer. Try again in a moment.")

    def _answer(self, page: Page, request: Request, body: bytes, held: HeldSession) -> Response:
        limited = AccessScope(held.user, companies=held.companies)
        shown = scope_within(held.user, page.action, held.companies) if page.action else limited
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        if request.headers.get("content-type", "").startswith(MULTIPART):
            fields, files = fields_and_files(request.headers["content-type"], body, MAX_FORM_FIELDS)
        else:
            fields, files = fields_of(body), {}
        query = PageRequest(self._context, request, held.user, held.row, shown or limited, nonce, fields, files)
        if shown is None and page.path == "/":
            return query.redirect(first_page(query.may))
        if shown is None and page.action:
            return role_page(query, page.action)
        try:
            return _served(page, query)
        except NotFound:
            return _failed(query, 404, "")
        except RingfenceError as error:
            return _failed(query, 422, str(error))

    def error_page(self, request: Request, error: ShownError) -> Response | None:
        """The page of an error for the user of a request; None without a session."""
        found = self.session_of(request)
        if found is None:
            return None
        scope, nonce = AccessScope(found.user, companies=found.companies), secrets.token_urlsafe(NONCE_BYTES)
        return error_page(PageRequest(self._context, request, found.user, found.row, scope, nonce), error)


def _served(page: Page, query: PageRequest) -> Response:
    """The answer of a page; a refusal is shown on it, if it can be shown again."""
    if page.fresh and not query.is_fresh:
        target = f"/sign-in?next={page.fresh}"
        if query.request.headers.get("accept") == "application/json":
            return JSONResponse({"next": target}, headers={"Cache-Control": "no-store"})
        return query.redirect(target)
    try:
        return page.serve(query)
    except NotFound:
        raise
    except RingfenceError as error:
        if page.again is None:
            raise
        query.errors[error.field or page.field] = str(error)
        return page.again(query)


def error_json(page: PageRequest) -> Response:
    """Why a POST was refused, for the page's script."""
    return JSONResponse({"error": " ".join(page.errors.values())}, 422, {"Cache-Control": "no-store"})


def to_sign_in(request: Request) -> Response:
    """Where a request without a session goes: a browser to the sign-in page, htmx too, and a program gets 401."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"/sign-in?{urlencode({'next': path})}" if request.method == "GET" else "/sign-in"
    headers = {"Cache-Control": "no-store"}
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={**headers, "HX-Redirect": "/sign-in?next=" + quote("/")})
    if not accepts_page(request.headers):
        return plain(401, "Sign in first.")
    return RedirectResponse(target, 303, headers)


def plain(status: int, text: str) -> Response:
    """A short answer without a page around it."""
    return Response(text, status, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}, "text/plain")


def fields_of(body: bytes) -> dict[str, list[str]]:
    """The fields of a form, each with all its values; empty if the body is not a form."""
    fields: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS, errors="replace"
        ):
            fields.setdefault(name, []).append(value.replace("\0", ""))
    except (ValueError, UnicodeDecodeError):
        return {}
    return fields


def _failed(page: PageRequest, status: int, sentence: str) -> Response:
    error = described(page.request, status, sentence, None, page.hub.clock)
    return error_page(page, error) if accepts_page(page.request.headers) else problem(status, error.text)


def error_page(page: PageRequest, error: ShownError) -> Response:
    """The page of an error. An address that leads nowhere gets the ones that are like it."""
    ways = _ways(page, error.path) if error.status == 404 else ()
    return page.render("error.html", error.status, title=error.title, error=error, ways=ways, role=None)


def role_page(page: PageRequest, shown: Action) -> Response:
    """The page for a role that does not include `shown`: what the role may do, and who can change it."""
    path = f"{page.request.url.path}/"
    of_page = (item.label for item in _items() if item.path != "/" and path.startswith(f"{item.path}/"))
    name = next(of_page, "this page")
    with page.session() as session:
        owners = select(User.name).where(User.account_id == page.user.account_id, User.role == "owner")
        names = session.exec(owners.where(col(User.disabled_at).is_(None)).order_by(col(User.name))).all()
    limited = page.scope.companies is not None and not page.may(shown)
    words = f"You are signed in as {page.user.name}. Your role ({words_of(page.user.role)})"
    words += " or its limit to some companies does not" if limited else " does not"
    if not accepts_page(page.request.headers):
        return problem(403, f"{words} include this page.")
    error = ShownError(403, f"Your role does not include {name}", f"{words} include this page.")
    role = {"owners": names, "may": [(words, page.may(action)) for words, action in ROLE_MAY]}
    return page.render("error.html", 403, title=error.title, error=error, ways=(), role=role)


def _items() -> Iterable[NavigationItem]:
    return chain(ITEMS, SETUP_ITEMS, SETTINGS_TABS)


def _ways(page: PageRequest, path: str | None) -> list[tuple[str, str, bool]]:
    """Words, path, and whether the path is like the one that leads nowhere; only what the user may open."""
    open_items = {item.path: item.label for item in _items() if page.may(item.action)}
    near = difflib.get_close_matches(path or "", open_items, SHOWN_WAYS, NEAR)
    others = [each for each in open_items if each not in near][: SHOWN_WAYS - len(near)]
    return [(open_items[each], each, each in near) for each in (*near, *others)]
