"""Read models of webhooks that the hub sends: endpoints with their health, and the events of one."""

from hub.queries.webhooks_out.endpoints import (
    EndpointShown,
    FailingEndpoint,
    Health,
    endpoints_of,
    failing_endpoints,
    shown_endpoint,
)
from hub.queries.webhooks_out.events import EventShown, events_of

__all__ = [
    "EndpointShown", "EventShown", "FailingEndpoint", "Health", "endpoints_of", "events_of", "failing_endpoints",
    "shown_endpoint",
]  # fmt: skip
