from typing import Literal

EndCallRecordingRingfenceVersion = Literal["2026-11-30"]

END_CALL_RECORDING_RINGFENCE_VERSION_VALUES: set[EndCallRecordingRingfenceVersion] = {
    "2026-11-30",
}


def check_end_call_recording_ringfence_version(value: str) -> EndCallRecordingRingfenceVersion:
    if value in END_CALL_RECORDING_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {END_CALL_RECORDING_RINGFENCE_VERSION_VALUES!r}")
