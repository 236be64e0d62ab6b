from typing import Literal

NewTagBodyColor = Literal[
    "blue1",
    "blue2",
    "cyan1",
    "cyan2",
    "gray1",
    "gray2",
    "green1",
    "green2",
    "green3",
    "green4",
    "orange1",
    "orange2",
    "orange3",
    "orange4",
    "pink1",
    "pink2",
    "pink3",
    "pink4",
    "purple1",
    "purple2",
    "red1",
    "red2",
    "yellow1",
    "yellow2",
]

NEW_TAG_BODY_COLOR_VALUES: set[NewTagBodyColor] = {
    "blue1",
    "blue2",
    "cyan1",
    "cyan2",
    "gray1",
    "gray2",
    "green1",
    "green2",
    "green3",
    "green4",
    "orange1",
    "orange2",
    "orange3",
    "orange4",
    "pink1",
    "pink2",
    "pink3",
    "pink4",
    "purple1",
    "purple2",
    "red1",
    "red2",
    "yellow1",
    "yellow2",
}


def check_new_tag_body_color(value: str) -> NewTagBodyColor:
    if value in NEW_TAG_BODY_COLOR_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NEW_TAG_BODY_COLOR_VALUES!r}")
