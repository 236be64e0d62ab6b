from typing import Literal

ListLeadsOutcome = Literal["abandoned", "answered", "failed", "live", "missed", "unanswered", "voicemail"]

LIST_LEADS_OUTCOME_VALUES: set[ListLeadsOutcome] = {
    "abandoned",
    "answered",
    "failed",
    "live",
    "missed",
    "unanswered",
    "voicemail",
}


def check_list_leads_outcome(value: str) -> ListLeadsOutcome:
    if value in LIST_LEADS_OUTCOME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_LEADS_OUTCOME_VALUES!r}")
