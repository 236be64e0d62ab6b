"""`/privacy/{company}/opt-out`: an opt-out of sale, sharing and advertising, without proof, for a browser and for a
number.

An opt-out only ever reduces the use of data. The answer is the same for every number, nobody is looked up, and no
message is sent.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

from starlette.requests import Request

from hub.config.models import Config
from hub.contracts.consent import ConsentQuestion, Place, Signal
from hub.contracts.disclosure import declared_categories
from hub.contracts.manifest import Recipient
from hub.contracts.phones import phone_number
from hub.model import Company
from hub.model.opt_outs import OptOutScope
from hub.model.states import OptOutState
from hub.privacy.datamap.flows import VALUES
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.opt_outs import limits_apply, opt_out
from hub.privacy.receivers import note_opt_out
from hub.runtime import Hub

LINK, COOKIE = "_ringfence", "ringfence"
"""The parameter with which the page script marks links to this page, and its cookie if the hub is on the company's
domain. Both hold visitor, visit and a time (hub/web/static/ringfence.js)."""
OPTED_OUT = "opt_out"
"""The cookie's value in a browser that has opted out."""
UNREADABLE, NO_NUMBER_GIVEN = "trouble.unreadable_number", "trouble.no_number"

_STAMP = re.compile(r"([\w-]{1,64})\.[\w-]{1,64}\.\w{1,9}", re.ASCII)
_NO_VISITOR = ("null", "undefined")


def visitor_of(request: Request) -> str | None:
    """The visitor id of this browser on the company's website, if the link or the cookie holds it."""
    for stamp in (request.query_params.get(LINK, ""), request.cookies.get(COOKIE, "")):
        found = _STAMP.fullmatch(stamp)
        if found and found[1] not in _NO_VISITOR:
            return found[1]
    return None


def opt_out_values(hub: Hub, request: Request, company: Company, fields: dict[str, str]) -> dict[str, object]:
    """What the page's form shows."""
    return {
        "browser": _visitor_id(fields) or visitor_of(request),
        "browser_is_out": request.cookies.get(COOKIE) == OPTED_OUT,
        "limits": offers_limits(hub.config, company.name),
    }


def opt_out_trouble(company: Company, fields: dict[str, str]) -> str | None:
    """Why the sent data is not an opt-out, as the key of a text for the visitor; None if it is one."""
    phone = fields.get("phone", "").strip()
    if phone:
        return None if phone_number(phone, company.country) else UNREADABLE
    return None if _visitor_id(fields) else NO_NUMBER_GIVEN


def write_opt_out(hub: Hub, company: Company, fields: dict[str, str], network: str | None) -> None:
    """Record what was sent, by the same steps for every number."""
    phone = fields.get("phone", "").strip()
    scopes: tuple[OptOutScope, ...] = ("sharing", "sensitive") if fields.get("limit") else ("sharing",)
    with hub.store.writing() as session:
        rows = opt_out(
            session,
            hub.vault,
            company.id,
            number=phone_number(phone, company.country) if phone else None,
            visitor_id=_visitor_id(fields),
            network=network,
            scopes=scopes,
            now=hub.clock(),
        )
        for row in rows:
            if row.state == OptOutState.IN_FORCE and row.scope == "sharing":
                note_opt_out(session, company.id, row.id, row.at)


def _visitor_id(fields: dict[str, str]) -> str | None:
    visitor = fields.get("browser", "")
    return visitor if re.fullmatch(r"[\w-]{1,64}", visitor, re.ASCII) and visitor not in _NO_VISITOR else None


def offers_limits(config: Config, company: str) -> bool:
    """Whether what people say or write to a company goes anywhere beyond the service itself; by the company's name."""
    return limits_apply(
        (manifest.recipient.role, flow.use, declared_categories(manifest, flow.hook, VALUES[flow.hook]))
        for entry in recipients_of(config).values()
        if entry.serves(company)
        for manifest in [entry.connector_class.manifest]
        for flow in manifest.flows
        if flow.hook in VALUES
    )


USE = "marketing.advertising.third_party.targeted"
ASK_AGAIN = timedelta(minutes=5)


class SignalPolicy:
    """Asked one time in five minutes for each company and signal."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[tuple[str, str], tuple[datetime, bool]] = {}

    def signal(self, company: Company, kind: Literal["gpc", "dnt"]) -> bool:
        """Whether a visitor who sends this signal, and has said nothing else, is kept from advertisers."""
        now = self._hub.clock()
        asked_at, known = self._known.get((company.id, kind), (None, False))
        if asked_at is not None and asked_at <= now < asked_at + ASK_AGAIN:
            return known
        question = ConsentQuestion(
            use=USE,
            categories=frozenset({"user.advertising.click_id"}),
            recipient=Recipient(name="an advertiser", role="independent_controller"),
            recipient_regions=("US",),
            at=now,
            person_places=(Place(country="US", region="CA", basis="declared"),),
            business_places=(Place(country=company.country, region=company.region, basis="business"),),
            signals=(Signal(kind=kind, at=now, evidence="a browser's signal"),),
            records=(),
        )
        (decision,) = self._hub.plugins.judge([question])
        self._known[company.id, kind] = (now, not decision.allowed)
        return not decision.allowed
