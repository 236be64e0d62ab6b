from typing import Literal

ListFormsFirstTime = Literal["no", "yes"]

LIST_FORMS_FIRST_TIME_VALUES: set[ListFormsFirstTime] = {
    "no",
    "yes",
}


def check_list_forms_first_time(value: str) -> ListFormsFirstTime:
    if value in LIST_FORMS_FIRST_TIME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_FORMS_FIRST_TIME_VALUES!r}")
