"""How the status page says states, sizes and intervals, and where its lines lead."""

from __future__ import annotations

from datetime import timedelta

from hub.platform.formats import NOTHING
from hub.queries.status.jobs import JobReport
from hub.queries.status.queues import MAX_COUNTED, Queue

QUEUE_STATES = {
    "empty": ("good", "Empty"),
    "flows": ("good", "Flows"),
    "slow": ("warn", "Slow"),
    "stopped": ("bad", "Stopped"),
    "look": ("warn", "Look at"),
}
JOB_STATES = {
    "on time": ("good", "On time"),
    "late": ("warn", "Late"),
    "failed": ("bad", "Failed"),
    "stopped": ("warn", "Paused"),
    "new": ("", "Not yet"),
}


def queue_link(queue: Queue) -> str | None:
    """The page with what waits there; None if only a command shows it."""
    if queue.kind == "delivery":
        return f"/deliveries?state=ready&period=90d&connector={queue.connector}"
    return {
        "texts": "/texts",
        "webhooks": "/webhooks-out",
        "events": "/webhooks-out",
        "dead": "/deliveries?state=dead&period=90d",
        "erasures": "/privacy-desk",
    }.get(queue.kind)


def counted(queue: Queue) -> str:
    """How many wait: 1,204, or 10,000+."""
    return f"{MAX_COUNTED:,}+" if queue.waiting > MAX_COUNTED else f"{queue.waiting:,}"


def rate(per_minute: float | None) -> str:
    """Items a minute: 38, 0.4, 0."""
    if per_minute is None:
        return NOTHING
    return f"{per_minute:,.0f}" if per_minute >= 10 or per_minute == int(per_minute) else f"{per_minute:.1f}"


def interval(job: JobReport) -> str:
    """15 min; 6 h; day; a sync's own words."""
    if job.every is None:
        return "always"
    if isinstance(job.every, str):
        return job.every
    return span(job.every)


def span(time: timedelta) -> str:
    """2 s; 10 min; 6 h; day."""
    seconds = int(time.total_seconds())
    for size, word in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            number = seconds // size
            return word if number == 1 and word == "day" else f"{number} {word}{'s' if word == 'day' else ''}"
    return f"{seconds} s"


def job_state(job: JobReport) -> tuple[str, str]:
    """The kind and the word of a job's state."""
    kind, word = JOB_STATES[job.state]
    if job.state == "failed" and job.failures > 1:
        word = "Failed twice" if job.failures == 2 else f"Failed {job.failures} times"
    return kind, word


def size(number: float | None) -> str:
    """3.1 GB; 142 MB."""
    if number is None:
        return NOTHING
    for unit in ("bytes", "KB", "MB", "GB"):
        if number < 1_000:
            return f"{number:.0f} {unit}" if number >= 10 or unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1_000
    return f"{number:.1f} TB"


def lasting(time: timedelta) -> str:
    """about 14 months; about 3 years; more than 10 years."""
    months = time.days / 30.4
    if months > 120:
        return "more than 10 years"
    if months >= 24:
        return f"about {months / 12:.0f} years"
    return f"about {months:.0f} month{'' if round(months) == 1 else 's'}" if months >= 1 else f"about {time.days} days"
