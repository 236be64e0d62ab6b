"""One sentence that answers: is all well, and what waits for me?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.config.models import CompanySection
from hub.contracts.titles import titled
from hub.queries.connector_health import ConnectorHealth
from hub.queries.connectors.version_ends import VersionEnd
from hub.queries.status.jobs import JobReport
from hub.queries.status.machine import Machine
from hub.queries.status.queues import Queue

FULL_SHARE = 0.9
"""A disk that is fuller needs somebody."""
OLD_BACKUP = timedelta(days=2)
FAR_OFF = timedelta(seconds=5)


@dataclass(frozen=True)
class Waiting:
    """One thing that needs somebody: its words, and its page (None: on the machine)."""

    text: str
    link: str | None = None


@dataclass(frozen=True)
class Headline:
    """`calls` says whether calls are answered; then what waits, the most urgent first."""

    calls: str
    waiting: Sequence[Waiting]

    @property
    def sentence(self) -> str:
        """Calls are answered. One thing waits for you."""
        number = len(self.waiting)
        what = {0: "Nothing waits for you.", 1: "One thing waits for you."}.get(
            number, f"{number} things wait for you."
        )
        return f"{self.calls} {what}"


def headline(
    queues: Iterable[Queue],
    jobs: Iterable[JobReport],
    connectors: Iterable[ConnectorHealth],
    found: Machine,
    stuck: Sequence[str],
    now: datetime,
    ends: Iterable[VersionEnd] = (),
    hidden: Iterable[CompanySection] = (),
) -> Headline:
    """What the page's figures say together. `ends`: the versions of providers' APIs that end soon. `hidden`: the companies
    whose website nobody has named, so that no page shows their numbers."""
    queues, connectors, jobs = list(queues), list(connectors), list(jobs)
    threads = [each for each in jobs if each.kind == "thread"]
    titles = {each.name: each.title for each in connectors}
    idle = all(each.state in ("late", "new") for each in threads)
    carriers = [each for each in connectors if each.kind == "carrier"]
    silent = [each for each in carriers if each.health in ("needs_you", "down")]
    inbox = next((each for each in queues if each.kind == "inbox"), None)
    behind = inbox is not None and inbox.state in ("slow", "stopped")
    if carriers and len(silent) == len(carriers):
        calls = "No carrier works, so calls ring through without the hub."
    elif idle:
        calls = "Calls are answered, but no worker runs."
    elif stuck or behind:
        calls = "Calls are answered, but the hub is behind with them."
    elif any(each.is_failing for each in jobs):
        calls = "Calls are answered, but a part of the hub fails again and again."
    else:
        calls = "Calls are answered."
    waiting = [
        *_connectors(connectors),
        *([Waiting("nothing is processed until hub run or hub worker is started")] if idle else []),
        *_threads(stuck, inbox if behind and not idle else None),
        *_queues(queues),
        *([] if idle else _jobs(jobs)),
        *_machine(found, now),
        *(Waiting(f"{titles.get(each.connector, each.connector)}: {each.title}", "/connectors") for each in ends),
        *(
            Waiting(
                f"the website of {each.title} shows none of its pool's numbers: name its domains", "/numbers/website"
            )
            for each in hidden
        ),
    ]
    return Headline(calls, waiting)


def _connectors(connectors: Iterable[ConnectorHealth]) -> list[Waiting]:
    return [
        Waiting(f"{each.title} needs a new sign-in", "/connectors") for each in connectors if each.health == "needs_you"
    ]


def _threads(stuck: Sequence[str], inbox: Queue | None) -> list[Waiting]:
    found = [Waiting(f"the thread “{titled('job', name)}” does not turn; restart the hub") for name in stuck]
    if inbox is not None and not stuck:
        found.append(Waiting("events of carriers wait; is a worker running?"))
    return found


def _queues(queues: Iterable[Queue]) -> list[Waiting]:
    words = {
        "dead": ("1 delivery was given up", "{} deliveries were given up", "/deliveries?state=needs_you"),
        "parked": ("1 event was not understood", "{} events were not understood", None),
        "quarantined": ("1 item is in quarantine", "{} items are in quarantine", None),
        "failed": ("1 recording was given up", "{} recordings were given up", None),
        "events": ("1 event of a webhook was set aside", "{} events of webhooks were set aside", "/webhooks-out"),
    }
    found = []
    for each in queues:
        if each.state == "look" and each.kind in words:
            one, several, link = words[each.kind]
            found.append(Waiting(one if each.waiting == 1 else several.format(f"{each.waiting:,}"), link))
        elif each.kind == "erasures" and each.state == "slow":
            found.append(Waiting("a provider has not confirmed an erasure for a week", "/privacy-desk"))
    return found


def _jobs(jobs: Iterable[JobReport]) -> list[Waiting]:
    return [Waiting(words_of(each), "#jobs") for each in jobs if each.is_failing or each.state in ("failed", "late")]


def words_of(job: JobReport) -> str:
    """What is wrong with a job, in words: “Add up reports” failed 4 times in a row (TypeError)."""
    named = f"“{job.name}”"
    if not job.failures:
        return f"{named} has not succeeded for long" if job.is_failing else f"{named} is late"
    times = f" {job.failures} times in a row" if job.failures > 1 else ""
    return f"{named} failed{times}{f' ({job.error})' if job.error else ''}"


def _machine(found: Machine, now: datetime) -> list[Waiting]:
    waiting = [
        Waiting(f"the connector {name} is being recorded; to end it: hub record {name} --off")
        for name in found.recorded
    ]
    if found.revision != found.needed:
        fitting = "a newer version's tables, which this one may still use" if found.fits else "another version's tables"
        waiting.append(Waiting(f"the database has {fitting}; restart the hub"))
    if found.unconfined is not None:
        waiting.append(Waiting("plugins of others are not confined on this machine", "#machine"))
    if found.foreign:
        waiting.append(Waiting("code that did not come with Ringfence can run in the hub itself", "#machine"))
    if found.disk is not None and found.disk.used_share > FULL_SHARE:
        waiting.append(Waiting("the disk is nearly full", "#machine"))
    if found.backup_at is not None and now - found.backup_at > OLD_BACKUP:
        waiting.append(Waiting(f"the newest backup is {(now - found.backup_at).days} days old", "#machine"))
    if found.clock_ahead is not None and abs(found.clock_ahead) > FAR_OFF:
        waiting.append(Waiting("this machine's clock differs from the database's", "#machine"))
    return waiting
