from typing import Literal

ReplayWebhookEventsRingfenceVersion = Literal["2026-11-30"]

REPLAY_WEBHOOK_EVENTS_RINGFENCE_VERSION_VALUES: set[ReplayWebhookEventsRingfenceVersion] = {
    "2026-11-30",
}


def check_replay_webhook_events_ringfence_version(value: str) -> ReplayWebhookEventsRingfenceVersion:
    if value in REPLAY_WEBHOOK_EVENTS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REPLAY_WEBHOOK_EVENTS_RINGFENCE_VERSION_VALUES!r}")
