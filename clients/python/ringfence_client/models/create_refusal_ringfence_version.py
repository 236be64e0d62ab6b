from typing import Literal

CreateRefusalRingfenceVersion = Literal["2026-11-30"]

CREATE_REFUSAL_RINGFENCE_VERSION_VALUES: set[CreateRefusalRingfenceVersion] = {
    "2026-11-30",
}


def check_create_refusal_ringfence_version(value: str) -> CreateRefusalRingfenceVersion:
    if value in CREATE_REFUSAL_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CREATE_REFUSAL_RINGFENCE_VERSION_VALUES!r}")
