"""Read models of webhooks that the hub sends: endpoints with their health, and the events of one."""

from hub.queries.webhooks_out.endpoints import EndpointShown, Health, endpoints_of, shown_endpoint
from hub.queries.webhooks_out.events import EventShown, events_of

__all__ = ["EndpointShown", "EventShown", "Health", "endpoints_of", "events_of", "shown_endpoint"]
