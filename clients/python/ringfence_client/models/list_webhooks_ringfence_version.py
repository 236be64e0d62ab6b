from typing import Literal

ListWebhooksRingfenceVersion = Literal["2026-11-30"]

LIST_WEBHOOKS_RINGFENCE_VERSION_VALUES: set[ListWebhooksRingfenceVersion] = {
    "2026-11-30",
}


def check_list_webhooks_ringfence_version(value: str) -> ListWebhooksRingfenceVersion:
    if value in LIST_WEBHOOKS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_WEBHOOKS_RINGFENCE_VERSION_VALUES!r}")
