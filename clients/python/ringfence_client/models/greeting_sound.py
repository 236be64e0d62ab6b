from typing import Literal

GreetingSound = Literal["mp3", "wav"]

GREETING_SOUND_VALUES: set[GreetingSound] = {
    "mp3",
    "wav",
}


def check_greeting_sound(value: str) -> GreetingSound:
    if value in GREETING_SOUND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GREETING_SOUND_VALUES!r}")
