from typing import Literal

CreateRecordingLinkPurpose = Literal["download", "play"]

CREATE_RECORDING_LINK_PURPOSE_VALUES: set[CreateRecordingLinkPurpose] = {
    "download",
    "play",
}


def check_create_recording_link_purpose(value: str) -> CreateRecordingLinkPurpose:
    if value in CREATE_RECORDING_LINK_PURPOSE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CREATE_RECORDING_LINK_PURPOSE_VALUES!r}")
