from typing import Literal

CreateGreetingRingfenceVersion = Literal["2026-11-30"]

CREATE_GREETING_RINGFENCE_VERSION_VALUES: set[CreateGreetingRingfenceVersion] = {
    "2026-11-30",
}


def check_create_greeting_ringfence_version(value: str) -> CreateGreetingRingfenceVersion:
    if value in CREATE_GREETING_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CREATE_GREETING_RINGFENCE_VERSION_VALUES!r}")
