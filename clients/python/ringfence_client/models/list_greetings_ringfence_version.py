from typing import Literal

ListGreetingsRingfenceVersion = Literal["2026-11-30"]

LIST_GREETINGS_RINGFENCE_VERSION_VALUES: set[ListGreetingsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_greetings_ringfence_version(value: str) -> ListGreetingsRingfenceVersion:
    if value in LIST_GREETINGS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_GREETINGS_RINGFENCE_VERSION_VALUES!r}")
