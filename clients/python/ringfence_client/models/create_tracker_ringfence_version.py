from typing import Literal

CreateTrackerRingfenceVersion = Literal["2026-11-30"]

CREATE_TRACKER_RINGFENCE_VERSION_VALUES: set[CreateTrackerRingfenceVersion] = {
    "2026-11-30",
}


def check_create_tracker_ringfence_version(value: str) -> CreateTrackerRingfenceVersion:
    if value in CREATE_TRACKER_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CREATE_TRACKER_RINGFENCE_VERSION_VALUES!r}")
