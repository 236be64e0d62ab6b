from typing import Literal

ListLeadsRecording = Literal["failed", "gone", "no", "refused", "waiting", "yes"]

LIST_LEADS_RECORDING_VALUES: set[ListLeadsRecording] = {
    "failed",
    "gone",
    "no",
    "refused",
    "waiting",
    "yes",
}


def check_list_leads_recording(value: str) -> ListLeadsRecording:
    if value in LIST_LEADS_RECORDING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_LEADS_RECORDING_VALUES!r}")
