from typing import Literal

SetLeadRingfenceVersion = Literal["2026-11-30"]

SET_LEAD_RINGFENCE_VERSION_VALUES: set[SetLeadRingfenceVersion] = {
    "2026-11-30",
}


def check_set_lead_ringfence_version(value: str) -> SetLeadRingfenceVersion:
    if value in SET_LEAD_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SET_LEAD_RINGFENCE_VERSION_VALUES!r}")
