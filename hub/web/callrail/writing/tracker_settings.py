"""What a client writes about a tracker, as config.yaml has it: source, route, numbers to swap."""

from __future__ import annotations

from collections.abc import Mapping

from hub.callrail.trackers import SEARCH_ENGINES
from hub.errors import CannotDo
from hub.web.callrail import not_taken
from hub.web.callrail.writing.members import Body, choice_in, flag_in, number_in, object_in, text_in

UNKNOWN_SOURCE = "Source Unknown tracking source type"
RECORDING_NOTICE = "This call may be recorded."
"""What callers hear if a client asks for recordings and says nothing else: without a notice nothing is recorded."""
FIXED = {
    "direct": ("direct", "direct"),
    "google_ad_extension": ("google", "cpc"),
    "mobile_ad_extension": ("google", "cpc"),
    "google_my_business": ("google_business_profile", "organic"),
    "facebook_all": ("facebook", "paid_social"),
    "bing_all": ("bing", "cpc"),
}
"""Type of source → our source and medium."""
SEARCH_MEDIUMS = {"paid": "cpc", "organic": "organic"}
MEMBERS: Mapping[str, str] = {
    "numbers": "tracking_numbers",
    "source": "source",
    "medium": "source",
    "campaign": "campaign_name",
    "title": "name",
    "flow": "call_flow.id",
    "route.greeting": "call_flow.greeting_text",
    "route.whisper": "whisper_message",
    "route.record": "call_flow.recording_enabled",
    "website.swap": "swap_targets",
}
"""Key of a tracker, or of its company, in config.yaml → the member of the body that sets it."""
BY_VISIT = ("all", "landing_url", "landing_params")
"""Types that depend on the visit: only a pool, whose numbers visitors hold one by one, can keep them apart."""


def source_in(body: Body, kind: str, name: str) -> tuple[str, str] | None:
    """The source and the medium of a tracker of type `kind` called `name`; None for a pool."""
    sent = {"type": body["source"]} if isinstance(body.get("source"), str) else object_in(body, "source")
    wanted = text_in(sent, "type") or ("all" if kind == "session" else "offline")
    if kind == "session":
        if wanted not in ("all", "search", *BY_VISIT):
            raise CannotDo("A session tracker takes source type all: each visit says where it came from.")
        return None
    if wanted in BY_VISIT:
        raise not_taken.BY_VISIT.refusal()
    if wanted in FIXED:
        return FIXED[wanted]
    if wanted == "offline":
        return name.replace("-", "_"), "offline"
    if wanted == "web_referrer":
        referrer = text_in(sent, "referrer")
        if not referrer:
            raise CannotDo("source.referrer is missing.")
        return referrer.removeprefix("https://").removeprefix("http://").split("/")[0].lower(), "web"
    if wanted == "search":
        engine = choice_in(sent, "search_engine", SEARCH_ENGINES)
        search = choice_in(sent, "search_type", tuple(SEARCH_MEDIUMS))
        if engine is None or search is None:
            raise CannotDo("source needs search_engine google, yahoo or bing, and search_type paid or organic.")
        return engine, SEARCH_MEDIUMS[search]
    raise CannotDo(UNKNOWN_SOURCE)


def route_in(body: Body, country: str) -> dict[str, object]:
    """The members of a `route:` that the body gives."""
    flow = object_in(body, "call_flow")
    route: dict[str, object] = {}
    forward = number_in(flow, "destination_number", country) or number_in(body, "destination_number", country)
    if forward:
        route["dial"] = forward
    greeting, whisper = text_in(flow, "greeting_text"), text_in(body, "whisper_message")
    if greeting:
        route["greeting"] = greeting
    if whisper:
        route["whisper"] = whisper
    recorded = flag_in(flow, "recording_enabled")
    if recorded is not None:
        route["record"] = recorded
    if recorded:
        route["recording_notice"] = RECORDING_NOTICE
    return route


def members_of(body: Body) -> Mapping[str, str]:
    """`MEMBERS`, with the one of two members by which the body names the phone that rings."""
    phone = (
        "call_flow.destination_number" if "destination_number" in object_in(body, "call_flow") else "destination_number"
    )
    return {**MEMBERS, "route": phone, "route.dial": phone}


def flow_in(body: Body) -> str | None:
    """The name of a call flow that the body chooses; None if it gives a basic one, or none."""
    flow = object_in(body, "call_flow")
    if (choice_in(flow, "type", ("basic", "advanced")) or "basic") == "basic":
        return None
    name = text_in(flow, "id", "name")
    if not name:
        raise CannotDo("call_flow.id is missing; it is the name of a call flow of the company.")
    return name
