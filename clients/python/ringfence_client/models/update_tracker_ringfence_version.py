from typing import Literal

UpdateTrackerRingfenceVersion = Literal["2026-11-30"]

UPDATE_TRACKER_RINGFENCE_VERSION_VALUES: set[UpdateTrackerRingfenceVersion] = {
    "2026-11-30",
}


def check_update_tracker_ringfence_version(value: str) -> UpdateTrackerRingfenceVersion:
    if value in UPDATE_TRACKER_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {UPDATE_TRACKER_RINGFENCE_VERSION_VALUES!r}")
