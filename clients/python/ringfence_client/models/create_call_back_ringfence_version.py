from typing import Literal

CreateCallBackRingfenceVersion = Literal["2026-11-30"]

CREATE_CALL_BACK_RINGFENCE_VERSION_VALUES: set[CreateCallBackRingfenceVersion] = {
    "2026-11-30",
}


def check_create_call_back_ringfence_version(value: str) -> CreateCallBackRingfenceVersion:
    if value in CREATE_CALL_BACK_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CREATE_CALL_BACK_RINGFENCE_VERSION_VALUES!r}")
