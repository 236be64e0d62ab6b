from typing import Literal

ListCallsRecording = Literal["failed", "gone", "no", "refused", "waiting", "yes"]

LIST_CALLS_RECORDING_VALUES: set[ListCallsRecording] = {
    "failed",
    "gone",
    "no",
    "refused",
    "waiting",
    "yes",
}


def check_list_calls_recording(value: str) -> ListCallsRecording:
    if value in LIST_CALLS_RECORDING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLS_RECORDING_VALUES!r}")
