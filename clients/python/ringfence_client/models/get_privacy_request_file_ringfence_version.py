from typing import Literal

GetPrivacyRequestFileRingfenceVersion = Literal["2026-11-30"]

GET_PRIVACY_REQUEST_FILE_RINGFENCE_VERSION_VALUES: set[GetPrivacyRequestFileRingfenceVersion] = {
    "2026-11-30",
}


def check_get_privacy_request_file_ringfence_version(value: str) -> GetPrivacyRequestFileRingfenceVersion:
    if value in GET_PRIVACY_REQUEST_FILE_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GET_PRIVACY_REQUEST_FILE_RINGFENCE_VERSION_VALUES!r}"
    )
