from typing import Literal

RecordingEndOutcome = Literal["after_call", "deleted", "ended", "unconfirmed"]

RECORDING_END_OUTCOME_VALUES: set[RecordingEndOutcome] = {
    "after_call",
    "deleted",
    "ended",
    "unconfirmed",
}


def check_recording_end_outcome(value: str) -> RecordingEndOutcome:
    if value in RECORDING_END_OUTCOME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RECORDING_END_OUTCOME_VALUES!r}")
