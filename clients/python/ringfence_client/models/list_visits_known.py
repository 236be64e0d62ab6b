from typing import Literal

ListVisitsKnown = Literal["no", "yes"]

LIST_VISITS_KNOWN_VALUES: set[ListVisitsKnown] = {
    "no",
    "yes",
}


def check_list_visits_known(value: str) -> ListVisitsKnown:
    if value in LIST_VISITS_KNOWN_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_VISITS_KNOWN_VALUES!r}")
