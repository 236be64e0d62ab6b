from typing import Literal

ListLeadsFirstTime = Literal["no", "yes"]

LIST_LEADS_FIRST_TIME_VALUES: set[ListLeadsFirstTime] = {
    "no",
    "yes",
}


def check_list_leads_first_time(value: str) -> ListLeadsFirstTime:
    if value in LIST_LEADS_FIRST_TIME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_LEADS_FIRST_TIME_VALUES!r}")
