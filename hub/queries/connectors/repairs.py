"""What somebody should mend at a connector. Each repair is read from the connector's state, so it ends with its cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.hookspecs import EnrichmentHooks
from hub.model import Company, IgnoredRepair, OutcomeRow
from hub.privacy.datamap.recipients import recipient_name
from hub.queries.connectors.connector_list import ConnectorSummary, connectors_of
from hub.queries.connectors.version_ends import version_ends
from hub.queries.conversions.stages import MEANINGS
from hub.queries.webhooks_out import FailingEndpoint, failing_endpoints
from hub.runtime import Hub

Kind = Literal["stopped", "down", "soon", "incomplete"]
Cure = Literal["sign_in", "resume", "wait", "stages", "decide", "settings", "webhook"]
UNSIGNED = "nobody has signed in yet"
STAGES_WINDOW = timedelta(days=7)
ENDS_SOON = timedelta(days=7)
DOWN_AFTER = timedelta(minutes=5)
"""A provider that has failed for less than this is tried again before anybody is asked to act."""
MAX_STAGES = 3


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One thing to mend: which connector, what happened since when, what waits, and what to do."""

    key: str
    """Names the connector and this occurrence, so that an ignored repair shows again if it happens again."""
    connector: str
    kind: Kind
    title: str
    text: str
    cure: Cure
    since: datetime | None = None
    waiting: int = 0
    send_by: datetime | None = None
    """When the oldest waiting item is too old to be sent."""
    hint: str = ""
    may_ignore: bool = True

    @property
    def page(self) -> str:
        """The page of what is to be mended."""
        if self.cure == "webhook":
            return f"/webhooks-out/{self.connector.removeprefix('webhook/')}"
        return f"/connectors/{self.connector}"


class StageCount(NamedTuple):
    """A CRM's stage that means nothing yet, and how many deals reached it."""

    connector: str
    stage: str
    deals: int


def open_repairs(
    session: Session, hub: Hub, companies: Sequence[Company], now: datetime, user_id: str | None = None
) -> list[Repair]:
    """The repairs of the webhooks of `companies` and of the connectors that serve them, the worst first, without those that the
    user ignores."""
    webhooks = [_webhook(each) for each in failing_endpoints(session, companies, now)]
    found = repairs_of(connectors_of(session, hub, companies, now), unmapped_stages(session, hub, now), now, webhooks)
    if user_id is None:
        return found
    ignored = set(session.exec(select(IgnoredRepair.key).where(IgnoredRepair.user_id == user_id)))
    return [repair for repair in found if not (repair.may_ignore and repair.key in ignored)]


def repairs_of(
    summaries: Iterable[ConnectorSummary], stages: Sequence[StageCount], now: datetime, others: Iterable[Repair] = ()
) -> list[Repair]:
    """The repairs of some connectors, and others, the worst first."""
    found = list(others)
    for each in summaries:
        own = (
            _broken(each),
            _stopped(each),
            _down(each, now),
            _not_signed_in(each),
            _ends_soon(each, now),
            _quota(each),
        )
        found += [repair for repair in own if repair is not None]
        found += _version_ends(each, now)
        found += _stages(each, [count for count in stages if count.connector == each.name])
    order = ("stopped", "down", "soon", "incomplete")
    return sorted(found, key=lambda repair: order.index(repair.kind))


def unmapped_stages(session: Session, hub: Hub, now: datetime) -> list[StageCount]:
    """The stages that deals reached in the last week and that neither the plugin's settings nor a rule knows."""
    named = {rule.when.stage for rule in hub.config.conversions if rule.when.stage}
    rows = session.execute(
        select(OutcomeRow.connector, OutcomeRow.stage, func.count())
        .where(
            col(OutcomeRow.connector).in_(list(hub.config.connectors)),
            col(OutcomeRow.changed_at) >= now - STAGES_WINDOW,
            col(OutcomeRow.stage).not_in([*MEANINGS, *named]),
        )
        .group_by(col(OutcomeRow.connector), col(OutcomeRow.stage))
        .order_by(func.count().desc(), col(OutcomeRow.stage))
    )
    counts = [StageCount(*row) for row in rows]
    return [each for each in counts if each.stage not in _mapped(hub, each.connector)]


def _mapped(hub: Hub, connector: str) -> Collection[str]:
    """The CRM's own stages that the connector's settings give a meaning; deals that were read before that keep their own."""
    return getattr(hub.plugins.connectors[connector].settings, "stages", None) or ()


def _broken(each: ConnectorSummary) -> Repair | None:
    if not each.entry.broken:
        return None
    hint = "Nothing is lost: what is due waits. Mend the plugin, or go back to its former version, and start the hub again."
    return _halted(each, "broken", None, "its plugin cannot be used", each.entry.broken, "wait", hint=hint)


def _stopped(each: ConnectorSummary) -> Repair | None:
    if not each.is_stopped or each.entry.broken:
        return None
    if each.update_waits:
        title = "decide on the update of its plugin"
        hint = "Nothing is lost: what is due waits until you accept the new version or stay with this one."
        return _halted(each, "update", each.paused_at, title, each.pause_reason, "decide", hint=hint)
    cure: Cure = "resume"
    if each.plugin_died:
        title = "its plugin ended too often"
        hint = "Update or repair the plugin, then test it: it goes on at once if it stays up."
    elif each.signs_in:
        title, hint, cure = "sign in again", "", "sign_in"
    else:
        title = "renew its credentials"
        hint = "Correct the credentials, then test it: it goes on at once if the provider accepts them."
    reason = each.pause_reason or "The provider refused our credentials."
    return _halted(each, "stopped", each.paused_at, title, reason, cure, hint=hint)


def _down(each: ConnectorSummary, now: datetime) -> Repair | None:
    since = each.troubled_since
    if each.paused_at is not None or each.is_unsigned or since is None or now - since < DOWN_AFTER:
        return None
    title, hint = "its syncs fail", "Nothing is lost: the hub tries again by itself."
    if each.has_companion:
        title, hint = "it does not work", f"Checked every minute: hub sip status {each.name}."
    return _halted(each, "down", since, title, each.trouble, "wait", kind="down", hint=hint, may_ignore=True)


def _not_signed_in(each: ConnectorSummary) -> Repair | None:
    """A connector that needs a sign-in and has neither a stored one nor credentials in the file."""
    if each.paused_at is not None or not each.is_unsigned:
        return None
    text = f"{each.manifest.label} gives access only after somebody signs in there."
    return _halted(each, "unsigned", None, UNSIGNED, text, "sign_in")


def _halted(
    each: ConnectorSummary, what: str, since: datetime | None, title: str, text: str, cure: Cure, **more: Any
) -> Repair:
    """The repair of a connector that does nothing since then, with what waits for it."""
    details = {"kind": "stopped", "may_ignore": False, "waiting": each.waiting.count, "send_by": _send_by(each), **more}
    return Repair(
        key=_key(what, each.name, since), connector=each.name, since=since, title=title, text=text, cure=cure, **details
    )


def _ends_soon(each: ConnectorSummary, now: datetime) -> Repair | None:
    at = each.token.get("sign_in_ends_at")
    if at is None or each.paused_at is not None or at - now > ENDS_SOON:
        return None
    return Repair(
        key=_key("ends", each.name, at),
        connector=each.name,
        kind="soon",
        title=f"the sign-in ends on {at:%B} {at.day}",
        text="The provider gave it for a limited time. Sign in again before that, so that nothing has to wait.",
        cure="sign_in",
        may_ignore=False,
    )


def _version_ends(each: ConnectorSummary, now: datetime) -> list[Repair]:
    return [
        Repair(
            key=f"version/{each.name}/{end.version}/{end.notice}"[:200],
            connector=each.name,
            kind="soon",
            title=end.title,
            text="After its end the provider refuses what is sent. Nothing is lost: it waits until a newer version is set.",
            cure="settings" if end.newer else "wait",
            hint=end.remedy,
        )
        for end in version_ends([each.entry], now)
    ]


def _quota(each: ConnectorSummary) -> Repair | None:
    quota = each.quota
    if quota is None or not quota.is_near:
        return None
    every = each.entry.common.schedule
    looks_up = each.entry.connector_class.manifest.flow(EnrichmentHooks.enrich_caller.__name__) is not None
    kept_back = "Callers are not looked up, so that what is left is for what has to be sent. " if looks_up else ""
    return Repair(
        key=f"quota/{each.name}/{quota.at:%Y-%m-%d}",
        connector=each.name,
        kind="soon",
        title=f"{quota.percent}% of today's requests are used",
        text=f"{quota.used:,} of {quota.limit:,} requests of the last day. {kept_back}At the limit, what is due waits until "
        "the provider allows more.",
        cure="wait",
        hint=f"To prevent it: sync less often than {every.text}, or raise the limit at the provider." if every else "",
    )


def _stages(each: ConnectorSummary, counts: Sequence[StageCount]) -> list[Repair]:
    return [
        Repair(
            key=f"stage/{each.name}/{count.stage}"[:200],
            connector=each.name,
            kind="incomplete",
            title=f"the stage “{count.stage}” means nothing yet",
            text=f"{count.deals:,} {'deal' if count.deals == 1 else 'deals'} reached it this week. Say what it stands for, "
            "or ignore it if it is no outcome.",
            cure="stages",
        )
        for count in counts[:MAX_STAGES]
    ]


def _webhook(each: FailingEndpoint) -> Repair:
    name = recipient_name(each.company, each.name)
    if each.is_gone:
        kind: Kind = "stopped"
        title, hint = "it said that it is gone", "Resume it once it is there again, and replay what it missed."
    else:
        kind, title = "down", "it takes nothing"
        hint = "Nothing is lost: each event is tried for three days. Once it works, send it a test: what waits goes at once."
    return Repair(
        key=_key("webhook", name, each.since),
        connector=name,
        kind=kind,
        title=title,
        text=each.reason,
        cure="webhook",
        since=each.since,
        waiting=each.waiting,
        hint=hint,
    )


def _send_by(each: ConnectorSummary) -> datetime | None:
    oldest, age = each.waiting.oldest_at, each.manifest.limits.max_age
    return oldest + age if oldest is not None and age is not None else None


def _key(kind: str, connector: str, at: datetime | None) -> str:
    return f"{kind}/{connector}/{at:%Y-%m-%dT%H:%M}" if at else f"{kind}/{connector}"
