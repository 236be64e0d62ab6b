from typing import Literal

TrackerType = Literal["session", "source"]

TRACKER_TYPE_VALUES: set[TrackerType] = {
    "session",
    "source",
}


def check_tracker_type(value: str) -> TrackerType:
    if value in TRACKER_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TRACKER_TYPE_VALUES!r}")
