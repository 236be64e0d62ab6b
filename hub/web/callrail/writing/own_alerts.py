"""`notifications` and `summary_emails`: the alerts and digests of the key's user, company by company.

A notification is the set of a user's kinds of alert for one company that are about calls and texts, a summary e-mail the set of
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
from hub.web.callrail.request import Asked
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
ONLY_OWN = "A key changes the notifications of its own user; leave user_id and email out, or use that user's key."
FREQUENCIES = tuple(DIGESTS)


def _id(prefix: str, user: User, company: Company) -> str:
    return prefix + uuid.uuid5(uuid.UUID(user.id), f"{prefix}/{company.id}").hex


def _own(asked: Asked) -> User:
    """The key's user; CannotDo if the body names another one."""
    user = asked.scope.user
    named, email = text_in(asked.body, "user_id"), text_in(asked.body, "email")
    if named not in (None, "", wire_id(USER, user.id)) or (email and email != user.email):
        raise CannotDo(ONLY_OWN)
    for name in ("tracker_id", "agent_id"):
        if text_in(asked.body, name):
            raise CannotDo(f"Alerts are of whole companies here; leave {name} out.")
    return user


def _companies(asked: Asked, session: Session) -> Sequence[Company]:
    one = asked.company(session)
    query = asked.scope.select(Company).order_by(Company.name)
    return [one] if one else list(session.exec(query))


def _named(asked: Asked, session: Session, prefix: str) -> Company:
    """The company whose notification or summary the path names."""
    user = asked.scope.user
    for each in session.exec(asked.scope.select(Company)):
        if asked.ids["id"] == _id(prefix, user, each):
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


def list_notifications(asked: Asked) -> Response:
    """The companies about which the user has alerts."""
    user = asked.scope.user
    with asked.session() as session:
        found = [(each, read_settings(session, user, each)) for each in _companies(asked, session)]
    return small_list(asked, "notifications", [notification(user, each, at) for each, at in found if _kinds(at)])


def one_notification(asked: Asked) -> Answer:
    """One of them."""
    with asked.session() as session:
        company = _named(asked, session, NOTIFICATION)
        settings = read_settings(session, asked.scope.user, company)
    if not _kinds(settings):
        raise NotFound("Not found")
    return notification(asked.scope.user, company, settings)


def create_notification(asked: Asked) -> Response:
    """Switch alerts of a company on."""
    _own(asked)
    with asked.session() as session:
        company = company_in(asked, session)
    return json_answer(_notify(asked, company, AlertSettings(), 201), 201)


def change_notification(asked: Asked) -> Answer:
    """Change which alerts come, and how."""
    _own(asked)
    with asked.session() as session:
        company = _named(asked, session, NOTIFICATION)
        before = read_settings(session, asked.scope.user, company)
    if not _kinds(before):
        raise NotFound("Not found")
    return _notify(asked, company, before, 200)


def remove_notification(asked: Asked) -> None:
    """Switch the alerts about a company's calls and texts off; other alerts stay."""

    def deed(session: Session) -> dict[str, str]:
        user = asked.scope.user
        company = _named(asked, session, NOTIFICATION)
        settings = read_settings(session, user, company)
        if not _kinds(settings):
            raise NotFound("Not found")
        kept = {name: each for name, each in settings.kinds.items() if name not in _kinds(settings)}
        save_settings(session, user, company, replace(settings, kinds=kept), asked.hub.clock())
        return {}

    asked.once.do(asked.authorized, deed, 204)


def _notify(asked: Asked, company: Company, before: AlertSettings, status: int) -> Mapping[str, Any]:
    """Save what the body wants, on top of what was there."""
    user, now = asked.scope.user, notification(asked.scope.user, company, before)
    calls = flag_in(asked.body, "call_enabled")
    alert = choice_in(asked.body, "alert_type", tuple(ALERTS)) or now["alert_type"]
    texts = flag_in(asked.body, "sms_enabled")
    wanted = set(ALERTS[alert]) if alert and (now["call_enabled"] or alert if calls is None else calls) else set()
    if calls and not alert:
        raise CannotDo("alert_type is missing; send one of all, first_call, missed_and_vm, vm_only.")
    if now["sms_enabled"] if texts is None else texts:
        wanted.add(TEXT)
    if not wanted:
        raise CannotDo("Send call_enabled with alert_type, or sms_enabled.")
    sent = {name: flag_in(asked.body, name) for name in (*CHANNELS, "send_desktop")}
    chosen = {channel for name, channel in CHANNELS.items() if (now[name] if sent[name] is None else sent[name])}
    if sent["send_desktop"]:
        chosen.add(Channel.PUSH)

    def deed(session: Session) -> dict[str, str]:
        settings = read_settings(session, user, company)
        others = {name: each for name, each in settings.kinds.items() if name not in _kinds(settings)}
        kinds = {name: WantedKind(tuple(sorted(chosen))) for name in sorted(wanted)}
        save_settings(session, user, company, replace(settings, kinds={**others, **kinds}), asked.hub.clock())
        return {}

    asked.once.do(asked.authorized, deed, status)
    with asked.session() as session:
        return notification(user, company, read_settings(session, user, company))


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


def list_summaries(asked: Asked) -> Response:
    """The companies of which the user gets digests."""
    user, wanted = asked.scope.user, asked.parameters.list("frequency")
    with asked.session() as session:
        found = [(each, read_settings(session, user, each)) for each in _companies(asked, session)]
    shown = [
        summary(user, each, at)
        for each, at in found
        if at.digests and (not wanted or not set(wanted).isdisjoint(at.digests))
    ]
    return small_list(asked, "summary_emails", shown)


def one_summary(asked: Asked) -> Answer:
    """One of them."""
    with asked.session() as session:
        company = _named(asked, session, SUMMARY)
        settings = read_settings(session, asked.scope.user, company)
    if not settings.digests:
        raise NotFound("Not found")
    return summary(asked.scope.user, company, settings)


def create_summary(asked: Asked) -> Response:
    """Subscribe to digests of a company."""
    _own(asked)
    with asked.session() as session:
        company = company_in(asked, session)
    return json_answer(_subscribe(asked, company, _frequencies(asked), 201), 201)


def change_summary(asked: Asked) -> Answer:
    """Get exactly these digests."""
    with asked.session() as session:
        company = _named(asked, session, SUMMARY)
    return _subscribe(asked, company, _frequencies(asked), 200)


def remove_summary(asked: Asked) -> None:
    """Get no digests of a company any more."""
    with asked.session() as session:
        company = _named(asked, session, SUMMARY)
    _subscribe(asked, company, (), 204)


def _frequencies(asked: Asked) -> tuple[str, ...]:
    wanted = list_in(asked.body, "frequency")
    if not wanted or not set(wanted) <= set(FREQUENCIES):
        raise CannotDo(f"frequency must be some of {', '.join(FREQUENCIES)}.")
    return tuple(wanted)


def _subscribe(asked: Asked, company: Company, wanted: tuple[str, ...], status: int) -> Mapping[str, object]:
    user = asked.scope.user

    def deed(session: Session) -> dict[str, str]:
        settings = read_settings(session, user, company)
        save_settings(session, user, company, replace(settings, digests=wanted), asked.hub.clock())
        return {}

    asked.once.do(asked.authorized, deed, status)
    with asked.session() as session:
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
