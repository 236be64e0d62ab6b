"""`notifications` and `summary_emails`: the alerts and digests of the key's user, company by company.

A notification is the set of a user's kinds of alert for one company that are about calls and texts, a summary email the set of
the user's digests. Neither has a row of its own, so its id is made of the user's and the company's.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from hub.alerts.kinds import DIGESTS, Channel
from hub.alerts.settings import AlertSettings, WantedKind, read_settings, save_settings
from hub.callrail.ids import COMPANY, USER, wire_id
from hub.contracts.untrusted import JsonObject
from hub.errors import CannotDo, NotFound
from hub.model import Company, User
from hub.web.callrail.not_taken import ONLY_OWN
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint, json_answer
from hub.web.callrail.small_lists import small_list
from hub.web.callrail.writing.members import choice_in, company_in, flag_in, list_in, text_in

NOTIFICATION, SUMMARY = "NOT", "SUM"
ALERTS: Mapping[str, frozenset[str]] = {
    "all": frozenset({"first_time_caller", "missed_call", "voicemail"}),
    "missed_and_vm": frozenset({"missed_call", "voicemail"}),
    "first_call": frozenset({"first_time_caller"}),
    "vm_only": frozenset({"voicemail"}),
}
"""CallRail's type of alert → our kinds. A call that somebody answered gives no alert, unless it is a caller's first."""
CHANNELS = {"send_email": Channel.EMAIL, "send_push": Channel.PUSH}
TEXT = "text"
FREQUENCIES = tuple(DIGESTS)


def _id(prefix: str, user: User, company: Company) -> str:
    return prefix + uuid.uuid5(uuid.UUID(user.id), f"{prefix}/{company.id}").hex


def _own(request: CallRailRequest) -> User:
    """The key's user; CannotDo if the body names another one."""
    user = request.scope.user
    named, email = text_in(request.body, "user_id"), text_in(request.body, "email")
    if named not in (None, "", wire_id(USER, user.id)) or (email and email != user.email):
        raise ONLY_OWN.refusal()
    return user


def _companies(request: CallRailRequest, session: Session) -> Sequence[Company]:
    one = request.company(session)
    query = request.scope.select(Company).order_by(Company.name)
    return [one] if one else list(session.exec(query))


def _named(request: CallRailRequest, session: Session, prefix: str) -> Company:
    """The company whose notification or summary the path names."""
    user = request.scope.user
    for each in session.exec(request.scope.select(Company)):
        if request.ids["id"] == _id(prefix, user, each):
            company: Company = each
            return company
    raise NotFound("Not found")


def _kinds(settings: AlertSettings) -> frozenset[str]:
    return frozenset(settings.kinds) & (ALERTS["all"] | {TEXT})


def notification(user: User, company: Company, settings: AlertSettings) -> JsonObject:
    """A user's alerts about one company's calls and texts."""
    kinds = _kinds(settings)
    calls = kinds - {TEXT}
    channels = {channel for name in kinds for channel in settings.kinds[name].channels}
    fits = (name for name, wanted in ALERTS.items() if wanted == calls)
    return {
        "id": _id(NOTIFICATION, user, company),
        "user_id": wire_id(USER, user.id),
        "name": user.name,
        "email": user.email,
        "company_id": wire_id(COMPANY, company.id),
        "tracker_id": None,
        "agent_id": None,
        "call_enabled": bool(calls),
        "alert_type": next(fits, "all" if calls else None),
        "sms_enabled": TEXT in kinds,
        **{name: channel in channels for name, channel in CHANNELS.items()},
        "send_desktop": Channel.PUSH in channels,
    }


def list_notifications(request: CallRailRequest) -> Response:
    """The companies about which the user has alerts."""
    user = request.scope.user
    with request.session() as session:
        found = [(each, read_settings(session, user, each)) for each in _companies(request, session)]
    return small_list(request, "notifications", [notification(user, each, at) for each, at in found if _kinds(at)])


def one_notification(request: CallRailRequest) -> Answer:
    """One of them."""
    with request.session() as session:
        company = _named(request, session, NOTIFICATION)
        settings = read_settings(session, request.scope.user, company)
    if not _kinds(settings):
        raise NotFound("Not found")
    return notification(request.scope.user, company, settings)


def create_notification(request: CallRailRequest) -> Response:
    """Switch alerts of a company on."""
    _own(request)
    with request.session() as session:
        company = company_in(request, session)
    return json_answer(_notify(request, company, AlertSettings(), 201), 201)


def change_notification(request: CallRailRequest) -> Answer:
    """Change which alerts come, and how."""
    _own(request)
    with request.session() as session:
        company = _named(request, session, NOTIFICATION)
        before = read_settings(session, request.scope.user, company)
    if not _kinds(before):
        raise NotFound("Not found")
    return _notify(request, company, before, 200)


def remove_notification(request: CallRailRequest) -> None:
    """Switch the alerts about a company's calls and texts off; other alerts stay."""

    def action(session: Session) -> dict[str, str]:
        user = request.scope.user
        company = _named(request, session, NOTIFICATION)
        settings = read_settings(session, user, company)
        if not _kinds(settings):
            raise NotFound("Not found")
        kept = {name: each for name, each in settings.kinds.items() if name not in _kinds(settings)}
        save_settings(session, user, company, replace(settings, kinds=kept), request.hub.clock())
        return {}

    request.once.do(request.authorized, action, 204)


def _notify(request: CallRailRequest, company: Company, before: AlertSettings, status: int) -> Mapping[str, Any]:
    """Save what the body wants, on top of what was there."""
    user, now = request.scope.user, notification(request.scope.user, company, before)
    calls = flag_in(request.body, "call_enabled")
    alert = choice_in(request.body, "alert_type", tuple(ALERTS)) or now["alert_type"]
    texts = flag_in(request.body, "sms_enabled")
    wanted = set(ALERTS[alert]) if alert and (now["call_enabled"] or alert if calls is None else calls) else set()
    if calls and not alert:
        raise CannotDo("alert_type is missing; send one of all, first_call, missed_and_vm, vm_only.")
    if now["sms_enabled"] if texts is None else texts:
        wanted.add(TEXT)
    if not wanted:
        raise CannotDo("Send call_enabled with alert_type, or sms_enabled.")
    sent = {name: flag_in(request.body, name) for name in (*CHANNELS, "send_desktop")}
    chosen = {channel for name, channel in CHANNELS.items() if (now[name] if sent[name] is None else sent[name])}
    if sent["send_desktop"]:
        chosen.add(Channel.PUSH)

    def action(session: Session) -> dict[str, str]:
        settings = read_settings(session, user, company)
        others = {name: each for name, each in settings.kinds.items() if name not in _kinds(settings)}
        kinds = {name: WantedKind(tuple(sorted(chosen | _kept(settings, name)))) for name in sorted(wanted)}
        save_settings(session, user, company, replace(settings, kinds={**others, **kinds}), request.hub.clock())
        return {}

    request.once.do(request.authorized, action, status)
    with request.session() as session:
        return notification(user, company, read_settings(session, user, company))


def _kept(settings: AlertSettings, kind: str) -> set[str]:
    """The channels of a kind that CallRail's API does not know, such as Slack; no request of it takes them away."""
    before = settings.kinds.get(kind)
    return set() if before is None else {each for each in before.channels if each not in CHANNELS.values()}


def summary(user: User, company: Company, settings: AlertSettings) -> JsonObject:
    """A user's digests of one company."""
    return {
        "id": _id(SUMMARY, user, company),
        "user_id": wire_id(USER, user.id),
        "email": user.email,
        "company_id": wire_id(COMPANY, company.id),
        "frequency": [each for each in FREQUENCIES if each in settings.digests],
        "config": {"summary_statistics": True, "top_sources": True, "top_keywords": False, "call_log": False},
        "filters": {"lead_status": "All"},
    }


def list_summaries(request: CallRailRequest) -> Response:
    """The companies of which the user gets digests."""
    user, wanted = request.scope.user, request.parameters.list("frequency")
    with request.session() as session:
        found = [(each, read_settings(session, user, each)) for each in _companies(request, session)]
    shown = [
        summary(user, each, at)
        for each, at in found
        if at.digests and (not wanted or not set(wanted).isdisjoint(at.digests))
    ]
    return small_list(request, "summary_emails", shown)


def one_summary(request: CallRailRequest) -> Answer:
    """One of them."""
    with request.session() as session:
        company = _named(request, session, SUMMARY)
        settings = read_settings(session, request.scope.user, company)
    if not settings.digests:
        raise NotFound("Not found")
    return summary(request.scope.user, company, settings)


def create_summary(request: CallRailRequest) -> Response:
    """Subscribe to digests of a company."""
    _own(request)
    with request.session() as session:
        company = company_in(request, session)
    return json_answer(_subscribe(request, company, _frequencies(request), 201), 201)


def change_summary(request: CallRailRequest) -> Answer:
    """Get exactly these digests."""
    with request.session() as session:
        company = _named(request, session, SUMMARY)
    return _subscribe(request, company, _frequencies(request), 200)


def remove_summary(request: CallRailRequest) -> None:
    """Get no digests of a company any more."""
    with request.session() as session:
        company = _named(request, session, SUMMARY)
    _subscribe(request, company, (), 204)


def _frequencies(request: CallRailRequest) -> tuple[str, ...]:
    wanted = list_in(request.body, "frequency")
    if not wanted or not set(wanted) <= set(FREQUENCIES):
        raise CannotDo(f"frequency must be some of {', '.join(FREQUENCIES)}.")
    return tuple(wanted)


def _subscribe(
    request: CallRailRequest, company: Company, wanted: tuple[str, ...], status: int
) -> Mapping[str, object]:
    user = request.scope.user

    def action(session: Session) -> dict[str, str]:
        settings = read_settings(session, user, company)
        save_settings(session, user, company, replace(settings, digests=wanted), request.hub.clock())
        return {}

    request.once.do(request.authorized, action, status)
    with request.session() as session:
        return summary(user, company, read_settings(session, user, company))


ENDPOINTS = (
    Endpoint("GET", "notifications", ("calls",), list_notifications),
    Endpoint("GET", "notifications/{id}", ("calls",), one_notification),
    Endpoint("POST", "notifications", ("calls",), create_notification),
    Endpoint("PUT", "notifications/{id}", ("calls",), change_notification),
    Endpoint("DELETE", "notifications/{id}", ("calls",), remove_notification),
    Endpoint("GET", "summary_emails", ("reports",), list_summaries),
    Endpoint("GET", "summary_emails/{id}", ("reports",), one_summary),
    Endpoint("POST", "summary_emails", ("reports",), create_summary),
    Endpoint("PUT", "summary_emails/{id}", ("reports",), change_summary),
    Endpoint("DELETE", "summary_emails/{id}", ("reports",), remove_summary),
)
