from typing import Literal

GetGreetingSoundRingfenceVersion = Literal["2026-11-30"]

GET_GREETING_SOUND_RINGFENCE_VERSION_VALUES: set[GetGreetingSoundRingfenceVersion] = {
    "2026-11-30",
}


def check_get_greeting_sound_ringfence_version(value: str) -> GetGreetingSoundRingfenceVersion:
    if value in GET_GREETING_SOUND_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_GREETING_SOUND_RINGFENCE_VERSION_VALUES!r}")
