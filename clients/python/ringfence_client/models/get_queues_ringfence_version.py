from typing import Literal

GetQueuesRingfenceVersion = Literal["2026-11-30"]

GET_QUEUES_RINGFENCE_VERSION_VALUES: set[GetQueuesRingfenceVersion] = {
    "2026-11-30",
}


def check_get_queues_ringfence_version(value: str) -> GetQueuesRingfenceVersion:
    if value in GET_QUEUES_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_QUEUES_RINGFENCE_VERSION_VALUES!r}")
