from typing import Literal

Health = Literal["disabled", "failing", "paused", "retrying", "unused", "working"]

HEALTH_VALUES: set[Health] = {
    "disabled",
    "failing",
    "paused",
    "retrying",
    "unused",
    "working",
}


def check_health(value: str) -> Health:
    if value in HEALTH_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {HEALTH_VALUES!r}")
