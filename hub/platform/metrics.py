"""The hub's figures for Prometheus; labels never hold personal data."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

WEBHOOKS = Counter("ringfence_webhooks_total", "Webhooks by connector and outcome.", ["connector", "outcome"])
ANSWERS = Counter(
    "ringfence_answers_total", "Answer documents by connector, step and route.", ["connector", "step", "route"]
)
SCREENED = Counter(
    "ringfence_calls_screened_total", "Suspect calls that did not just ring, by what was done.", ["action"]
)
BATCH_ITEMS = Histogram(
    "ringfence_batch_items",
    "Items waiting to be handed over, by queue (hub/flow/__init__.py lists the queues).",
    ["queue"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
CONNECTIONS = Gauge("ringfence_connections", "Open connections to this process.")
CONNECTIONS_CUT = Counter(
    "ringfence_connections_cut_total",
    "Connections that the hub closed: too slow, too many, too many bytes.",
    ["reason"],
)
VISITS = Counter(
    "ringfence_visits_total", "Visits by company and the number shown: own, shared, or a robot's.", ["company", "shown"]
)
FLOW = Counter("ringfence_flow_total", "Items through a stage of the flow.", ["stage", "outcome"])
FLOW_SECONDS = Histogram("ringfence_flow_batch_seconds", "Seconds for one batch of a stage.", ["stage"])
HOOK_SECONDS = Histogram("ringfence_hook_seconds", "Seconds in a plugin's hook.", ["connector", "hook"])
HOOK_FAILURES = Counter("ringfence_hook_failures_total", "Failed hook calls by kind.", ["connector", "hook", "kind"])
HOST_DEATHS = Counter("ringfence_plugin_host_deaths_total", "Child processes of plugins that ended.", ["connector"])
DELIVERIES = Counter(
    "ringfence_deliveries_total", "Outbox items by state and reason code.", ["connector", "state", "code"]
)
MAX_CODES = 100
"""Different codes of one connector's deliveries; further ones count as `other`, because each code is a series of its own."""
_codes: dict[str, set[str]] = {}


def count_delivery(connector: str, state: str, code: str | None) -> None:
    """Count one item that ended in a state."""
    known = _codes.setdefault(connector, {""})
    label = code or ""
    if label not in known and len(known) > MAX_CODES:
        label = "other"
    known.add(label)
    DELIVERIES.labels(connector, state, label).inc()


UNDECLARED = Counter(
    "ringfence_undeclared_fields_total", "Personal fields withheld from a plugin.", ["connector", "field"]
)
UNDECLARED_HOSTS = Counter(
    "ringfence_undeclared_hosts_total", "Requests to a host that the manifest does not declare.", ["connector", "host"]
)
BREAKER = Gauge("ringfence_breaker_open", "1 while a connector's circuit breaker is open.", ["connector", "lane"])
QUEUE_AGE = Gauge("ringfence_queue_age_seconds", "Age of the oldest item that is due.", ["queue"])
QUEUE_SIZE = Gauge("ringfence_queue_size", "Items by queue and state.", ["queue", "state"])
QUARANTINED = Counter(
    "ringfence_quarantined_total", "Items put into quarantine after three deaths of processes.", ["table", "connector"]
)
QUARANTINE_SIZE = Gauge("ringfence_quarantined_items", "Items in quarantine now.", ["kind"])
TASK_FAILURES = Counter(
    "ringfence_task_failures_total", "Errors that ended a task of a worker thread or a periodic job.", ["task", "error"]
)
THREAD_AGE = Gauge("ringfence_thread_age_seconds", "Seconds since a worker thread last started a round.", ["thread"])
JOB_AGE = Gauge(
    "ringfence_job_age_seconds", "Seconds since a periodic job last succeeded; since the start before it did.", ["job"]
)
BACKUP_AGE = Gauge(
    "ringfence_backup_age_seconds",
    "Seconds since the newest backup of data or keys, and since the last backup drill that passed.",
    ["kind"],
)
DISK_FREE = Gauge("ringfence_disk_free_bytes", "Bytes that may still be written on the hub's disk.")
DISK_FULL = Gauge("ringfence_disk_full", "1 while the disk is full and nothing new is taken in.")
POOL_LEASES = Gauge("ringfence_pool_numbers", "Numbers of a pool by use.", ["tracker", "use"])
DATABASE_AWAY = Gauge("ringfence_database_away", "1 while the main database takes no writes of this process.")
SPOOLED = Gauge("ringfence_spooled_rows", "Rows in the spool, by whether they wait or were refused.", ["state"])
SPOOL_AGE = Gauge("ringfence_spool_age_seconds", "Age of the oldest row that waits in the spool.")
