from typing import Literal

ReplayDeliveryRingfenceVersion = Literal["2026-11-30"]

REPLAY_DELIVERY_RINGFENCE_VERSION_VALUES: set[ReplayDeliveryRingfenceVersion] = {
    "2026-11-30",
}


def check_replay_delivery_ringfence_version(value: str) -> ReplayDeliveryRingfenceVersion:
    if value in REPLAY_DELIVERY_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REPLAY_DELIVERY_RINGFENCE_VERSION_VALUES!r}")
