from typing import Literal

GetTranscriptRingfenceVersion = Literal["2026-11-30"]

GET_TRANSCRIPT_RINGFENCE_VERSION_VALUES: set[GetTranscriptRingfenceVersion] = {
    "2026-11-30",
}


def check_get_transcript_ringfence_version(value: str) -> GetTranscriptRingfenceVersion:
    if value in GET_TRANSCRIPT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_TRANSCRIPT_RINGFENCE_VERSION_VALUES!r}")
