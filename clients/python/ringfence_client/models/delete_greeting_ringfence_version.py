from typing import Literal

DeleteGreetingRingfenceVersion = Literal["2026-11-30"]

DELETE_GREETING_RINGFENCE_VERSION_VALUES: set[DeleteGreetingRingfenceVersion] = {
    "2026-11-30",
}


def check_delete_greeting_ringfence_version(value: str) -> DeleteGreetingRingfenceVersion:
    if value in DELETE_GREETING_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DELETE_GREETING_RINGFENCE_VERSION_VALUES!r}")
