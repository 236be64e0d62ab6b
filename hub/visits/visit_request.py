"""Arrival: reads what a browser reports about a visit: where it came from, and which number stands for that source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hub.contracts.clean_urls import clean_text, clean_url
from hub.model import Company
from hub.model.columns import new_id
from hub.numbers.directory import Directory, Line, Showable
from hub.platform.rate_limit import Networks
from hub.sources.classify import SourceMatch, VisitParameters, classify_visit, visit_parameters
from hub.sources.tables import tables
from hub.visits.cookies import kept_cookies, may_be_read


@dataclass(frozen=True, kw_only=True)
class VisitRequest:
    """What a browser reports about a visit. `consent` maps analytics, ads, ad_user_data or all to granted or denied,
    as the visitor chose, and names the strings that said so (tcf, gpp) by their SHA-256. `default_ads` and similar
    keys are `denied` if the page denies that by default."""

    landing_page: str | None
    """The page's address; for a known visit, the address of its next page."""
    referrer: str | None
    title: str | None = None
    visitor_id: str | None = None
    visit_id: str | None = None
    human: bool = False
    """Whether the page saw a sign of a person: it was visible, and somebody touched it or stayed for two seconds."""
    consent: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    """Cookies that the page reads because an earlier reply named them."""
    country: str | None = None
    asks_first: bool = False
    """Whether the visitor is recorded only after saying yes (hub.privacy.tracking_rule)."""
    gpc: bool = False
    """Whether the request's headers held Global Privacy Control; `dnt`: Do Not Track."""
    dnt: bool = False
    user_agent: str | None = None
    networks: Networks = ()
    """As `hub.platform.rate_limit.networks_of` returns them: used, and never written."""


@dataclass(frozen=True)
class NumberShown:
    """The number to show, if any, with its visit, and until when it is the visitor's own."""

    number: str | None
    tracker: str | None = None
    visit_id: str | None = None
    lease_until: datetime | None = None
    source: str | None = None
    medium: str | None = None
    cookies: tuple[str, ...] = ()
    """Names of cookies that the page may read for the company's connectors."""
    opted_out: bool = False
    """Whether the browser has opted out of sale, sharing and advertising on the privacy page; nothing is recorded
    then."""


@dataclass(frozen=True)
class ParsedVisit:
    """An arrival that was read, without the database."""

    company: Company
    request: VisitRequest
    match: SourceMatch
    parameters: VisitParameters
    cookies: Mapping[str, str] | None
    """Those to store; None if the visitor does not allow that they are read."""
    showable: Showable
    fixed: Line | None
    """The source tracker's number that stands for exactly this source."""
    new_visit_id: str = field(default_factory=new_id)
    """The visit's id, if it begins with this arrival."""
    page_id: str = field(default_factory=new_id)
    shown_id: str | None = None
    """Of an arrival while the database was away: the shared number that the visitor saw."""

    @property
    def visit_id(self) -> str | None:
        """The visit that the browser names."""
        return self.request.visit_id

    @property
    def is_page_view(self) -> bool:
        """Whether the visitor came to a page, and does not just stay on it."""
        return bool(self.request.landing_page)

    @property
    def denied(self) -> bool:
        """Whether the visitor denies analytics, or must be asked first and has not said yes: then nothing new is
        recorded and no number is lent.

        A privacy signal denies it, whether it came in the request's headers or from the page.
        """
        said = self.request.consent
        analytics = said.get("analytics") or said.get("default_analytics")
        unasked = self.request.asks_first and "granted" not in (said.get("analytics"), said.get("all"))
        return self.request.gpc or self.request.dnt or unasked or "denied" in (analytics, said.get("all"))

    @property
    def line(self) -> Line | None:
        """The number that everybody from that source may see."""
        return self.fixed or self.showable.shared

    @property
    def objects(self) -> bool:
        """Whether the browser sends a privacy signal, or its visitor says no to ads. Of a signal that only the page can read,
        the script reports such a no."""
        said = [self.request.consent.get(name) for name in ("ads", "ad_user_data", "all")]
        return self.request.gpc or self.request.dnt or "denied" in said

    def unrecorded(self, *, opted_out: bool = False) -> NumberShown:
        """What a visitor sees if nothing is recorded about them."""
        line = (self.showable.signals if self.objects or opted_out else None) or self.line
        if line is None:
            return NumberShown(None, opted_out=opted_out)
        return NumberShown(line.number.number, line.tracker.name, opted_out=opted_out)


def parse_visit(directory: Directory, company: Company, request: VisitRequest) -> ParsedVisit:
    """Read an arrival. Personal data is removed from addresses and title before anything else reads them."""
    own, also = directory.source_rules.get(company.id, {}), directory.link_parameters(company)
    request = replace(
        request,
        landing_page=clean_url(request.landing_page, also, company.own_click_ids),
        referrer=clean_url(request.referrer, tables().search_words),
        title=clean_text(request.title) if request.title else None,
    )
    read = company.read_click_ids
    match = classify_visit(request.landing_page, request.referrer, own, company.sites, read)
    showable = directory.showable(company)
    parameters = visit_parameters(request.landing_page, read)
    allowed = may_be_read(request.consent, objects=request.gpc or request.dnt, asks_first=request.asks_first)
    cookies = kept_cookies(request.cookies, company.read_cookies) if allowed else None
    return ParsedVisit(company, request, match, parameters, cookies, showable, _fixed_line(showable, match))


def _fixed_line(showable: Showable, match: SourceMatch) -> Line | None:
    """The number of a source tracker that stands for this source (and medium and campaign, if it names them)."""
    return next(
        (
            line
            for line in showable.fixed
            if line.tracker.source == match.source
            and line.tracker.medium in (None, match.medium)
            and line.tracker.campaign in (None, match.campaign)
        ),
        None,
    )
