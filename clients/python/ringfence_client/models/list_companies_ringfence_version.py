from typing import Literal

ListCompaniesRingfenceVersion = Literal["2026-11-30"]

LIST_COMPANIES_RINGFENCE_VERSION_VALUES: set[ListCompaniesRingfenceVersion] = {
    "2026-11-30",
}


def check_list_companies_ringfence_version(value: str) -> ListCompaniesRingfenceVersion:
    if value in LIST_COMPANIES_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_COMPANIES_RINGFENCE_VERSION_VALUES!r}")
