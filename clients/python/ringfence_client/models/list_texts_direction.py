from typing import Literal

ListTextsDirection = Literal["in", "out"]

LIST_TEXTS_DIRECTION_VALUES: set[ListTextsDirection] = {
    "in",
    "out",
}


def check_list_texts_direction(value: str) -> ListTextsDirection:
    if value in LIST_TEXTS_DIRECTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_TEXTS_DIRECTION_VALUES!r}")
