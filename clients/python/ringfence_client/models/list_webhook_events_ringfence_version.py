from typing import Literal

ListWebhookEventsRingfenceVersion = Literal["2026-11-30"]

LIST_WEBHOOK_EVENTS_RINGFENCE_VERSION_VALUES: set[ListWebhookEventsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_webhook_events_ringfence_version(value: str) -> ListWebhookEventsRingfenceVersion:
    if value in LIST_WEBHOOK_EVENTS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_WEBHOOK_EVENTS_RINGFENCE_VERSION_VALUES!r}")
