from typing import Literal

SendTextRingfenceVersion = Literal["2026-11-30"]

SEND_TEXT_RINGFENCE_VERSION_VALUES: set[SendTextRingfenceVersion] = {
    "2026-11-30",
}


def check_send_text_ringfence_version(value: str) -> SendTextRingfenceVersion:
    if value in SEND_TEXT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SEND_TEXT_RINGFENCE_VERSION_VALUES!r}")
