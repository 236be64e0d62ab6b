from typing import Literal

NumberType = Literal["session", "source"]

NUMBER_TYPE_VALUES: set[NumberType] = {
    "session",
    "source",
}


def check_number_type(value: str) -> NumberType:
    if value in NUMBER_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NUMBER_TYPE_VALUES!r}")
