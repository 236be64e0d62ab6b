"""One scheduled sync of one connector: everything that its plugin can do, in an order in which each task feeds the
next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func
from sqlmodel import col, select

from hub.contracts.consent import NO_ANSWER
from hub.delivery.crm_outcomes import pull_outcomes
from hub.delivery.deliver import deliver
from hub.delivery.poll_receipts import diagnose
from hub.delivery.reconcile import reconcile, reconcile_texts
from hub.errors import AuthError, ConfigError, RingfenceError
from hub.hookspecs import CallHooks, ConversionHooks, CostHooks, CrmHooks, PortHooks, TextHooks
from hub.model import Delivery
from hub.model.conversions import LOG, UPLOAD
from hub.model.states import DeliveryState
from hub.numbers.directory import Directory
from hub.numbers.porting import refresh_open
from hub.platform.backoff import Jitter, full_jitter
from hub.runtime import Hub
from hub.sources.costs.pull import pull_costs
from hub.store.connectors import pause, paused_connectors
from hub.texts.queue import SEND

Task = tuple[Callable[..., Any], str, Callable[[], Counter[str]]]
"""A hook, the task's name in reports, and how to run it."""


@dataclass
class SyncReport:
    """The result of one sync: counts by task and final state, and a sentence for each task that stopped early."""

    connector: str
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    paused: bool = False
    """Whether a person must reconnect the connector; `was_paused` if that was known before this sync."""
    was_paused: bool = False

    def __str__(self) -> str:
        done = [
            f"{task}: {ending} {count}" for task, each in self.counts.items() for ending, count in sorted(each.items())
        ]
        return "; ".join([*done, *self.troubles]) or "nothing was due"


def sync(hub: Hub, directory: Directory, connector: str, jitter: Jitter = full_jitter) -> SyncReport:
    """Run one sync. An error in one task is reported and does not stop the others; a paused connector does nothing."""
    report = SyncReport(connector)
    with hub.store.reading() as session:
        paused = paused_connectors(session).get(connector) or hub.config.connectors[connector].broken or None
    if paused is not None:
        report.paused = report.was_paused = True
        report.troubles.append(f"paused: {paused}")
        return report
    for hook, task, run in tasks(hub, directory, connector, jitter):
        if not hub.plugins.implements(connector, hook):
            continue
        try:
            counts = +run()
        except (AuthError, ConfigError) as error:
            pause(hub.store, connector, error, hub.clock())
            report.paused = True
            report.troubles.append(f"{task}: {error}")
            break
        except RingfenceError as error:
            report.troubles.append(f"{task}: {error}")
        else:
            if counts:
                report.counts[task] = counts
    return report


def tasks(hub: Hub, directory: Directory, connector: str, jitter: Jitter = full_jitter) -> Sequence[Task]:
    """What a sync does for each scheduled hook, in its order."""
    return (
        (CallHooks.list_calls, "calls", lambda: Counter(found=reconcile(hub, directory, connector))),
        (TextHooks.list_texts, "texts", lambda: Counter(found=reconcile_texts(hub, directory, connector))),
        (CrmHooks.log_calls, "call log", lambda: deliver(hub, directory, connector, LOG, jitter)),
        (CrmHooks.pull_outcomes, "outcomes", lambda: pull_outcomes(hub, directory, connector)),
        (ConversionHooks.upload_conversions, "conversions", lambda: deliver(hub, directory, connector, UPLOAD, jitter)),
        (ConversionHooks.poll_receipts, "diagnostics", lambda: diagnose(hub, connector, jitter)),
        (CostHooks.pull_costs, "costs", lambda: pull_costs(hub, directory, connector)),
        (PortHooks.list_ports, "ports", lambda: refresh_open(hub, connector)),
    )


def next_retry(hub: Hub, connector: str) -> datetime | None:
    """When the connector's next retry or poll is due, if one waits."""
    with hub.store.reading() as session:
        return session.exec(_NEXT_RETRY, params={"connector": connector}).one()


_FAILED = (col(Delivery.state) == DeliveryState.READY) & (col(Delivery.attempts) > 0)
_UNANSWERED = (col(Delivery.state) == DeliveryState.READY) & (col(Delivery.code) == NO_ANSWER)
_KILLED = (col(Delivery.state) == DeliveryState.LEASED) & col(Delivery.lease_token).is_(None)
_NEXT_RETRY = select(func.min(Delivery.due_at)).where(
    col(Delivery.connector) == bindparam("connector"),
    col(Delivery.hook) != SEND,  # texts are sent by their own task
    col(Delivery.state).in_((DeliveryState.READY, DeliveryState.LEASED, DeliveryState.ACCEPTED)),
    _KILLED | _FAILED | _UNANSWERED | (col(Delivery.state) == DeliveryState.ACCEPTED),
)
