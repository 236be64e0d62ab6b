from typing import Literal

GetPrivacyRequestRingfenceVersion = Literal["2026-11-30"]

GET_PRIVACY_REQUEST_RINGFENCE_VERSION_VALUES: set[GetPrivacyRequestRingfenceVersion] = {
    "2026-11-30",
}


def check_get_privacy_request_ringfence_version(value: str) -> GetPrivacyRequestRingfenceVersion:
    if value in GET_PRIVACY_REQUEST_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_PRIVACY_REQUEST_RINGFENCE_VERSION_VALUES!r}")
