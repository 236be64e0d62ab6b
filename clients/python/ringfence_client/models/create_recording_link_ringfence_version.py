from typing import Literal

CreateRecordingLinkRingfenceVersion = Literal["2026-11-30"]

CREATE_RECORDING_LINK_RINGFENCE_VERSION_VALUES: set[CreateRecordingLinkRingfenceVersion] = {
    "2026-11-30",
}


def check_create_recording_link_ringfence_version(value: str) -> CreateRecordingLinkRingfenceVersion:
    if value in CREATE_RECORDING_LINK_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CREATE_RECORDING_LINK_RINGFENCE_VERSION_VALUES!r}")
