from typing import Literal

ChangedTagBodyColorType0 = Literal[
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

CHANGED_TAG_BODY_COLOR_TYPE_0_VALUES: set[ChangedTagBodyColorType0] = {
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


def check_changed_tag_body_color_type_0(value: str) -> ChangedTagBodyColorType0:
    if value in CHANGED_TAG_BODY_COLOR_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHANGED_TAG_BODY_COLOR_TYPE_0_VALUES!r}")
