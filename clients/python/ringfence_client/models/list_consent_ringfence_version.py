from typing import Literal

ListConsentRingfenceVersion = Literal["2026-11-30"]

LIST_CONSENT_RINGFENCE_VERSION_VALUES: set[ListConsentRingfenceVersion] = {
    "2026-11-30",
}


def check_list_consent_ringfence_version(value: str) -> ListConsentRingfenceVersion:
    if value in LIST_CONSENT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CONSENT_RINGFENCE_VERSION_VALUES!r}")
