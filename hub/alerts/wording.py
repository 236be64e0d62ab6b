"""The words of an alert, made when it is shown or sent, from what the hub has then: an erased person is not named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from hub.alerts.kinds import DIGEST, REPORT, TEST, WHOLE_ACCOUNT
from hub.contracts.titles import tracker_title
from hub.model import Alert, Call, Company, FormSubmission, SignalRow, TextMessage, Tracker
from hub.model.states import SubjectState
from hub.numbers.health.kinds import BY_KEY as KINDS_OF_FINDINGS
from hub.platform.formats import clock_time, day_of, phone
from hub.platform.id_words import words_of
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import names_of
from hub.store.writers.alert_events import SIGNAL

ERASED, HIDDEN = "Erased person", "Hidden number"
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
TITLES: Mapping[str, str] = {
    "missed_call": "Missed call for {company}",
    "voicemail": "Voicemail for {company}",
    "first_time_caller": "First-time caller at {company}",
    "text": "New text for {company}",
    "lead": "New lead at {company}",
    "signal": "Something was said in a call of {company}",
    "connector_failing": "A connector of {company} is failing",
    "hub_trouble": "The hub is in trouble",
    "consent_silent": "Nothing can be sent for {company} without consent",
    "quarantined": "An item of the hub is in quarantine",
    "nothing_delivered": "Nothing is delivered for {company}",
    "volume_drop": "Fewer calls than usual at {company}",
    "volume_spike": "More calls than usual at {company}",
    "number_health": "Something is wrong with numbers of {company}",
    "webhook_set_aside": "A webhook of {company} does not take its events",
    "pool_overflow": "A pool of {company} is too small",
    TEST: "Test alert for {company}",
    DIGEST: "Summary of {company}",
    REPORT: "Report of {company}",
}
TROUBLES: Mapping[str, str] = {
    "database_away": "Its database was away; calls and texts were taken and kept meanwhile, and are in it now",
    "task": "{task}; the rest goes on, and it is tried again. The page Status says when it last succeeded",
    "disk_full": "Its disk is full, so it takes in no calls, texts, visits or forms; make space, and it goes on by itself",
}
"""What an alert of the kind `hub_trouble` says, by its fact `trouble`."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """An alert in words. `who` is the caller, whom `lines` name only if the user chose so."""

    alert_id: str
    kind: str
    company: str
    at: datetime
    title: str
    lines: tuple[str, ...]
    path: str
    url: str
    who: str | None = None

    @property
    def sentence(self) -> str:
        """Everything in one line, such as for a text."""
        return ". ".join([self.title, *(each.rstrip(".") for each in self.lines)]) + "."


def summary_title(messages: Sequence[Message]) -> str:
    """The title of several alerts that quiet hours held."""
    return f"{len(messages)} alerts while it was quiet"


@dataclass(frozen=True)
class Known:
    """What several alerts are about, read with one query for each table."""

    subjects: Mapping[str, Any]
    names: Mapping[str, str]
    trackers: Mapping[str, str]
    pools: Mapping[tuple[str, str], str]
    """Company and tracker of a pool → what people call it."""
    signals: Sequence[SignalRow]
    """What was read in the calls."""


def known_of(session: Session, hub: Hub, alerts: Sequence[Alert]) -> Known:
    """The calls, texts and forms of some alerts, with the callers' names and the trackers."""
    ids = {alert.subject_id for alert in alerts if alert.subject_id is not None}
    tables: tuple[Any, ...] = (Call, TextMessage, FormSubmission)
    subjects = (
        {row.id: row for table in tables for row in session.exec(select(table).where(table.id.in_(ids)))} if ids else {}
    )
    named = [row for row in subjects.values() if not isinstance(row, TextMessage)]
    trackers = {row.tracker_id for row in subjects.values() if getattr(row, "tracker_id", None)}
    pools = {str(alert.facts["pool"]) for alert in alerts if "pool" in alert.facts}
    query = select(Tracker).where(col(Tracker.id).in_(trackers) | col(Tracker.name).in_(pools))
    rows = session.exec(query).all() if trackers or pools else ()
    heard = [alert.subject_id for alert in alerts if alert.kind == SIGNAL]
    read = session.exec(select(SignalRow).where(col(SignalRow.subject_id).in_(heard))).all() if heard else ()
    return Known(
        subjects,
        names_of(hub.vault, session, named),
        {row.id: row.shown_name for row in rows},
        {(row.company_id, row.name): row.shown_name for row in rows},
        read,
    )


def message_of(hub: Hub, known: Known, alert: Alert, company: Company, *, names_caller: bool) -> Message:
    """An alert in words, in the company's time zone."""
    zone = ZoneInfo(company.time_zone)
    subject = known.subjects.get(alert.subject_id or "")
    who = None if subject is None else _who(known, subject)
    lines = [f"{day_of(alert.at, zone)}, {clock_time(alert.at, zone)}{_where(known, subject)}"]
    if alert.kind in _DETAILS:
        lines = [_DETAILS[alert.kind](_titled(hub, known, alert), zone)]
    if alert.kind == SIGNAL and (said := _said(hub, known, alert, company)):
        lines.append(f"Read in it: {said}")
    if names_caller and who is not None:
        lines.append(who)
    path = _path(alert, company)
    return Message(
        alert_id=alert.id,
        kind=alert.kind,
        company=company.title,
        at=alert.at,
        title=_title(alert, company, subject),
        lines=tuple(lines),
        path=path,
        url=str(hub.config.hub.public_url).rstrip("/") + path,
        who=who,
    )


def _said(hub: Hub, known: Known, alert: Alert, company: Company) -> str:
    """The signals that the company wants to hear of. Those of a company with words about health are shown in the hub alone."""
    found = hub.config.companies_by_name.get(company.name)
    if found is None or found.insights is None or not found.tells_signals:
        return ""
    actions = [each for each in found.insights.actions if each.alert]
    read = [each for each in known.signals if each.subject_id == alert.subject_id]
    wanted = [each.name for each in read if any(action.wants(each.name, each.confidence) for action in actions)]
    return ", ".join(map(words_of, dict.fromkeys(wanted)))


def _titled(hub: Hub, known: Known, alert: Alert) -> Mapping[str, Any]:
    """The alert's facts with the titles of the connector and the pool that they name."""
    facts = dict(alert.facts)
    if facts.get("connector"):
        facts["connector"] = hub.config.connector_title(facts["connector"])
    if "pool" in facts:
        facts["pool"] = known.pools.get((alert.company_id, facts["pool"])) or tracker_title(facts["pool"])
    return facts


def _title(alert: Alert, company: Company, subject: object) -> str:
    title = TITLES[alert.kind]
    if alert.kind == "missed_call" and getattr(subject, "first_time_caller", None):
        title = "Missed call of a first-time caller for {company}"
    if alert.kind == "lead" and alert.facts.get("status") == "booked":
        title = "New booking at {company}"
    if alert.facts.get("health") == "version":
        title = "A connector of {company} needs a newer version of its API"
    return title.format(company=company.title)


def _who(known: Known, subject: Any) -> str:
    """The caller's name and number, as far as the hub has them."""
    if subject.state == SubjectState.ERASED:
        return ERASED
    columns = ("caller_number", "person_number", "phone_number")
    reported = next((getattr(subject, each) for each in columns if hasattr(subject, each)), None)
    return (
        ", ".join(each for each in (known.names.get(subject.id), phone(reported) if reported else None) if each)
        or HIDDEN
    )


def _where(known: Known, subject: object) -> str:
    """The tracker, which says what brought the caller and nothing about who it is."""
    name = known.trackers.get(getattr(subject, "tracker_id", None) or "")
    return f", on {name}" if name else ""


def _path(alert: Alert, company: Company) -> str:
    here = urlencode({"company": company.name})
    if alert.subject_id is not None and alert.kind != DIGEST:
        return f"/calls/{alert.subject_id}"
    if alert.kind == "nothing_delivered":
        return f"/deliveries?{here}"
    if alert.kind in ("volume_drop", "volume_spike"):
        return f"/calls?{here}"
    if alert.kind == "connector_failing":
        return f"/connectors?{here}"
    if alert.kind in ("consent_silent", "quarantined", "hub_trouble"):
        return "/status"
    if alert.kind == "number_health":
        return "/numbers/health" if WHOLE_ACCOUNT in alert.facts else f"/numbers/health?{here}"
    if alert.kind == "webhook_set_aside":
        return f"/webhooks-out?{here}"
    if alert.kind == "pool_overflow":
        return f"/numbers?{here}"
    return f"/alerts?{here}"


def _connector(facts: Mapping[str, object], zone: ZoneInfo) -> str:
    name = facts["connector"]
    if facts["health"] in ("version", "trouble"):
        return f"{name}: {facts['says']}"
    if facts["health"] == "needs_you":
        return f"{name} refuses our credentials; renew them. Until then nothing is exchanged with it"
    return f"{name} does not answer; nothing is lost, and the hub tries again by itself"


def _trouble(facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    return TROUBLES[facts["trouble"]].format(task=facts.get("task", ""))


def _silent(facts: Mapping[str, object], zone: ZoneInfo) -> str:
    return (
        f"The consent plugin “{facts['connector']}” has not answered for ten minutes; what needs its word waits, and is asked "
        "about again by itself"
    )


def _quarantined(facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    by = f" by {facts['connector']}" if facts["connector"] else ""
    return f"The hub died three times while one {words_of(facts['kind'])} was handled{by}; see hub quarantine"


def _undelivered(facts: Mapping[str, object], zone: ZoneInfo) -> str:
    hours, waiting = facts["threshold"], facts["waiting"]
    items = "1 delivery was due" if waiting == 1 else f"{waiting:,} deliveries were due"
    return f"{facts['connector']} took nothing for {hours} hour{'' if hours == 1 else 's'}, and {items}"


def _volume(facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    begins, ends = (datetime.fromisoformat(facts[each]).astimezone(zone) for each in ("begins", "ends"))
    calls = f"{facts['calls']:,} call{'' if facts['calls'] == 1 else 's'}"
    return (
        f"{calls} from {clock_time(begins, zone)} to {clock_time(ends, zone)}; on the last {facts['weeks']} "
        f"{WEEKDAYS[begins.weekday()]} it was {facts['usual']:g} on average"
    )


def _pool(facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    return (
        f"{facts['visitors']:,} visitors found no free number in the pool {facts['pool']} today and saw "
        "the shared number"
    )


def _numbers(facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    kind = KINDS_OF_FINDINGS[facts["finding"]]
    if not facts.get("number"):
        return f"{kind.label}: {kind.means}"
    more = f" and {facts['count'] - 1:,} more" if facts["count"] > 1 else ""
    return f"{kind.label}: {phone(facts['number'])}{more}. {kind.means}"


def _set_aside(facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    if "since" in facts:
        since = datetime.fromisoformat(facts["since"]).astimezone(zone)
        waiting = "1 event waits" if facts["waiting"] == 1 else f"{facts['waiting']:,} events wait"
        return f"{facts['endpoint']} has taken nothing since {clock_time(since, zone)}, and {waiting}. {facts['says']}"
    events = "1 event" if facts["events"] == 1 else f"{facts['events']:,} events"
    return f"{facts['endpoint']} did not take {events} today; see why, and send them again"


def _test(facts: Mapping[str, object], zone: ZoneInfo) -> str:
    return "This is what an alert looks like; nothing happened"


def _digest(facts: Mapping[str, object], zone: ZoneInfo) -> str:
    return f"{facts['first']} to {facts['last']}"


_DETAILS: Mapping[str, Callable[[Mapping[str, Any], ZoneInfo], str]] = {
    "connector_failing": _connector,
    "hub_trouble": _trouble,
    "consent_silent": _silent,
    "quarantined": _quarantined,
    "nothing_delivered": _undelivered,
    "volume_drop": _volume,
    "volume_spike": _volume,
    "pool_overflow": _pool,
    "number_health": _numbers,
    "webhook_set_aside": _set_aside,
    TEST: _test,
    DIGEST: _digest,
    REPORT: _digest,
}
