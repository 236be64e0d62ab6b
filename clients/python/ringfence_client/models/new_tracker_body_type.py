from typing import Literal

NewTrackerBodyType = Literal["session", "source"]

NEW_TRACKER_BODY_TYPE_VALUES: set[NewTrackerBodyType] = {
    "session",
    "source",
}


def check_new_tracker_body_type(value: str) -> NewTrackerBodyType:
    if value in NEW_TRACKER_BODY_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NEW_TRACKER_BODY_TYPE_VALUES!r}")
