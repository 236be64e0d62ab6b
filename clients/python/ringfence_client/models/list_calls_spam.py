from typing import Literal

ListCallsSpam = Literal["all", "no", "yes"]

LIST_CALLS_SPAM_VALUES: set[ListCallsSpam] = {
    "all",
    "no",
    "yes",
}


def check_list_calls_spam(value: str) -> ListCallsSpam:
    if value in LIST_CALLS_SPAM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLS_SPAM_VALUES!r}")
