from typing import Literal

ListNumbersRingfenceVersion = Literal["2026-11-30"]

LIST_NUMBERS_RINGFENCE_VERSION_VALUES: set[ListNumbersRingfenceVersion] = {
    "2026-11-30",
}


def check_list_numbers_ringfence_version(value: str) -> ListNumbersRingfenceVersion:
    if value in LIST_NUMBERS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_NUMBERS_RINGFENCE_VERSION_VALUES!r}")
