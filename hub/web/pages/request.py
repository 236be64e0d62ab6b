"""A request of a signed-in user, as page functions get it: who asks, what they may see, how to answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from sqlmodel import Session, col
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.access.brands import ShownBrand, brand_of
from hub.access.permissions import ACTIONS, WHOLE_ACCOUNT, Action
from hub.access.scope import AccessScope, scope_within
from hub.access.sign_in.sessions import is_fresh
from hub.access.users import Editor, may
from hub.alerts.unread import count_unread
from hub.errors import existing
from hub.model import Company, User, WebSession
from hub.platform.formats import zone_name
from hub.platform.rate_limit import Counters
from hub.store import audit
from hub.web.pages.navigation import navigation
from hub.web.pages.periods import Period, days_words, period_of
from hub.web.pages.sealed_search import opened_query
from hub.web.pages.security import headers_with
from hub.web.pages.templates import rendered

if TYPE_CHECKING:
    from hub.numbers.directory import Directory, LiveDirectory
    from hub.reload import ConfigFile
    from hub.runtime import Hub

NOTICE_COOKIE = "hub_notice"
NOTICE_LIFETIME = timedelta(seconds=20)
MAX_NOTICE = 300


@dataclass(frozen=True)
class PageContext:
    """What all pages of one hub share."""

    hub: Hub
    https: bool
    public_url: str
    directory: LiveDirectory
    config_file: ConfigFile | None = None
    """config.yaml, for pages that edit it; None if the hub was not started from a file."""
    counters: Counters = field(default_factory=Counters)
    """What is counted by network or user for as long as the process runs."""
    retired: threading.Event = field(default_factory=threading.Event)
    """Set when a newer configuration serves the pages: streams end, and the browser opens them again."""

    @property
    def session_cookie(self) -> str:
        """The name of the session's cookie. The prefix binds it to this host and to https (RFC 6265bis, 4.1.3.2)."""
        return "__Host-hub" if self.https else "hub_session"

    def step_cookie(self, name: str) -> str:
        """The name of a cookie of the sign-in, such as one for a step that waits for its answer."""
        return f"__Host-hub-{name}" if self.https else f"hub_{name}"

    def set_cookie(self, response: Response, name: str, value: str, life: timedelta) -> None:
        """Set a cookie for all pages, which no script can read."""
        seconds = int(life.total_seconds())
        response.set_cookie(name, value, seconds, path="/", secure=self.https, httponly=True, samesite="lax")


@dataclass
class PageRequest:
    """One request to one page. `scope` is what the user may see of the page's action."""

    context: PageContext
    request: Request
    user: User
    web_session: WebSession
    scope: AccessScope
    nonce: str
    form: Mapping[str, list[str]] = field(default_factory=dict)
    """The fields of a POST, each with all its values."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The files of a POST, by field."""
    errors: dict[str, str] = field(default_factory=dict)
    """Name of a field → why the POST was refused; that of no field has the name "". Templates get both, as `errors` and
    `error`, and the page is answered with 422."""

    # Who asks, and for what.

    @property
    def hub(self) -> Hub:
        """The hub."""
        return self.context.hub

    @property
    def config_file(self) -> ConfigFile | None:
        """config.yaml; None if the hub was not started from a file. What a page does with it stays within the user's
        account: `apply` refuses everything else."""
        return self.context.config_file

    @property
    def is_fresh(self) -> bool:
        """Whether the user signed in recently."""
        return is_fresh(self.web_session, self.now)

    @property
    def editor(self) -> Editor:
        """The user as one who edits config.yaml."""
        return Editor(self.user, self.is_fresh)

    @property
    def directory(self) -> Directory:
        """The companies, trackers and numbers as config.yaml has them."""
        return self.context.directory.current()

    @cached_property
    def now(self) -> datetime:
        """The time of the request, UTC."""
        return self.hub.clock()

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The URL's parameters; all state of a page is there. What was searched for is in clear."""
        return opened_query(self.hub.keyring, self.user.account_id, self.request.query_params, self.now)

    def path(self, name: str) -> str:
        """A part of the page's path."""
        return str(self.request.path_params[name])

    def value(self, name: str) -> str:
        """A form field without blanks around it; empty if it was not sent."""
        values = self.form.get(name) or [""]
        return values[-1].strip()

    @property
    def typed(self) -> Mapping[str, str]:
        """What was typed into the form that was refused, by field."""
        return {name: self.value(name) for name in self.form} if self.errors else {}

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    def may(self, action: Action) -> bool:
        """Whether the user may do something here."""
        return action in self._allowed

    def scope_for(self, action: Action) -> AccessScope | None:
        """What the user may see of another action; None if not permitted."""
        return scope_within(self.user, action, self.scope.companies)

    @cached_property
    def _allowed(self) -> frozenset[str]:
        limited = self.scope.companies is not None
        return frozenset(
            each for each in ACTIONS if may(self.user, each) is not None and not (limited and each in WHOLE_ACCOUNT)
        )

    # The database.

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A read-only session that, on PostgreSQL, sees only the companies that the user may see."""
        with self.hub.store.reading_as(self.user.account_id, self.scope.companies) as session:
            yield session

    def note(self, action: str, subject: str, detail: str = "") -> None:
        """Write an audit entry before the user gets the data."""
        with self.hub.store.writing() as session:
            audit.note(session, self.now, self.user.id, action, subject, detail)

    # The companies, the time zone, the period.

    @cached_property
    def companies(self) -> list[Company]:
        """The companies that the user may see, by title."""
        with self.session() as session:
            return list(session.exec(self.scope.select(Company).order_by(col(Company.title))))

    @cached_property
    def company(self) -> Company | None:
        """The company that the URL names; the only one if there is one; None for all."""
        name = self.query.get("company")
        chosen = next((each for each in self.companies if each.name == name), None)
        return chosen or (self.companies[0] if len(self.companies) == 1 else None)

    @cached_property
    def unread_alerts(self) -> int:
        """How many of the user's alerts are unread, for the bell."""
        with self.session() as session:
            return count_unread(session, self.user.id, [each.id for each in self.companies])

    @cached_property
    def brand(self) -> ShownBrand:
        """The account's own name, color and logo."""
        with self.session() as session:
            return brand_of(session, self.user.account_id)

    def company_named(self, name: str) -> Company:
        """One of the companies that the user may see; NotFound if there is none of this name."""
        return existing(next((each for each in self.companies if each.name == name), None))

    @property
    def shown_companies(self) -> list[Company]:
        """The companies that the page shows: the chosen one, or all that the user sees."""
        return [self.company] if self.company else self.companies

    @property
    def company_ids(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(each.id for each in self.shown_companies)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of the page: that of the chosen company, else of the first one."""
        named = self.company or (self.companies[0] if self.companies else None)
        return ZoneInfo(named.time_zone) if named else ZoneInfo("UTC")

    @property
    def days_in(self) -> str:
        """In which time the days of the page are."""
        return days_words(self.shown_companies, self.zone)

    def period(self, default: str = "30d") -> Period:
        """The period that the URL names."""
        return period_of(self.query, self.zone, self.now, default)

    def link(self, path: str, **query: object) -> str:
        """The URL of another page, which keeps the chosen company; parameters that are None or empty are left out."""
        chosen = {"company": self.company.name} if self.company and len(self.companies) > 1 else {}
        values = {name: value for name, value in {**chosen, **query}.items() if value not in (None, "")}
        return f"{path}?{urlencode(values, doseq=True)}" if values else path

    def here(self, **changes: Any) -> str:
        """This page's URL with some parameters changed; None removes one, and a change leads back to the first page."""
        changed = {"after": None, **changes}
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name not in changed]
        kept += [
            (name, each)
            for name, value in changed.items()
            if value not in (None, "")
            for each in (value if isinstance(value, list | tuple) else [value])
        ]
        return f"{self.request.url.path}?{urlencode(kept)}" if kept else self.request.url.path

    # Answers.

    def render(
        self, template: str, /, status: int | None = None, *, block: str | None = None, **values: object
    ) -> Response:
        """A page from its template; `block` renders only that block, for htmx."""
        shown = {
            "page": self,
            "brand": self.brand,
            "notice": self.request.cookies.get(NOTICE_COOKIE),
            "zone": zone_name(self.zone),
            "errors": self.errors,
            "error": self.errors.get(""),
            **values,
        }
        shown |= navigation(self.request.url.path, self.may)
        response = Response(
            rendered(template, block, shown),
            status or (422 if self.errors else 200),
            headers_with(self.nonce, https=self.context.https),
            media_type="text/html",
        )
        if shown["notice"]:
            response.delete_cookie(NOTICE_COOKIE, path="/")
        return response

    def redirect(self, target: str, notice: str | None = None) -> Response:
        """After a POST: 303 to `target`, which shows `notice` once."""
        response = RedirectResponse(target, 303, {"Cache-Control": "no-store"})
        if notice:
            self.context.set_cookie(response, NOTICE_COOKIE, quote(notice[:MAX_NOTICE]), NOTICE_LIFETIME)
        return response
