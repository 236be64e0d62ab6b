from typing import Literal

ListCallsFirstTime = Literal["no", "yes"]

LIST_CALLS_FIRST_TIME_VALUES: set[ListCallsFirstTime] = {
    "no",
    "yes",
}


def check_list_calls_first_time(value: str) -> ListCallsFirstTime:
    if value in LIST_CALLS_FIRST_TIME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLS_FIRST_TIME_VALUES!r}")
