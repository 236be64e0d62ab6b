from typing import Literal

ListDoubtfulRefusalsRingfenceVersion = Literal["2026-11-30"]

LIST_DOUBTFUL_REFUSALS_RINGFENCE_VERSION_VALUES: set[ListDoubtfulRefusalsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_doubtful_refusals_ringfence_version(value: str) -> ListDoubtfulRefusalsRingfenceVersion:
    if value in LIST_DOUBTFUL_REFUSALS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_DOUBTFUL_REFUSALS_RINGFENCE_VERSION_VALUES!r}")
