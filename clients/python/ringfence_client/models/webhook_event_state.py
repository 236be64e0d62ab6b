from typing import Literal

WebhookEventState = Literal["dead", "delivered", "dropped", "held", "leased", "quarantined", "ready", "waiting"]

WEBHOOK_EVENT_STATE_VALUES: set[WebhookEventState] = {
    "dead",
    "delivered",
    "dropped",
    "held",
    "leased",
    "quarantined",
    "ready",
    "waiting",
}


def check_webhook_event_state(value: str) -> WebhookEventState:
    if value in WEBHOOK_EVENT_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {WEBHOOK_EVENT_STATE_VALUES!r}")
