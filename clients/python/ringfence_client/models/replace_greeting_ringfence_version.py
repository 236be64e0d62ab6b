from typing import Literal

ReplaceGreetingRingfenceVersion = Literal["2026-11-30"]

REPLACE_GREETING_RINGFENCE_VERSION_VALUES: set[ReplaceGreetingRingfenceVersion] = {
    "2026-11-30",
}


def check_replace_greeting_ringfence_version(value: str) -> ReplaceGreetingRingfenceVersion:
    if value in REPLACE_GREETING_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REPLACE_GREETING_RINGFENCE_VERSION_VALUES!r}")
