from typing import Literal

ListLeadsRingfenceVersion = Literal["2026-11-30"]

LIST_LEADS_RINGFENCE_VERSION_VALUES: set[ListLeadsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_leads_ringfence_version(value: str) -> ListLeadsRingfenceVersion:
    if value in LIST_LEADS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_LEADS_RINGFENCE_VERSION_VALUES!r}")
