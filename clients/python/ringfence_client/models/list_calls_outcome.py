from typing import Literal

ListCallsOutcome = Literal["abandoned", "answered", "failed", "live", "missed", "unanswered", "voicemail"]

LIST_CALLS_OUTCOME_VALUES: set[ListCallsOutcome] = {
    "abandoned",
    "answered",
    "failed",
    "live",
    "missed",
    "unanswered",
    "voicemail",
}


def check_list_calls_outcome(value: str) -> ListCallsOutcome:
    if value in LIST_CALLS_OUTCOME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLS_OUTCOME_VALUES!r}")
