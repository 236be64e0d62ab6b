from typing import Literal

ListFormsSpam = Literal["all", "no", "yes"]

LIST_FORMS_SPAM_VALUES: set[ListFormsSpam] = {
    "all",
    "no",
    "yes",
}


def check_list_forms_spam(value: str) -> ListFormsSpam:
    if value in LIST_FORMS_SPAM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_FORMS_SPAM_VALUES!r}")
