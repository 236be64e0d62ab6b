from typing import Literal

ListPrivacyRequestsRingfenceVersion = Literal["2026-11-30"]

LIST_PRIVACY_REQUESTS_RINGFENCE_VERSION_VALUES: set[ListPrivacyRequestsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_privacy_requests_ringfence_version(value: str) -> ListPrivacyRequestsRingfenceVersion:
    if value in LIST_PRIVACY_REQUESTS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_PRIVACY_REQUESTS_RINGFENCE_VERSION_VALUES!r}")
