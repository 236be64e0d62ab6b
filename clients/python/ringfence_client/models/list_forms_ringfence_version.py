from typing import Literal

ListFormsRingfenceVersion = Literal["2026-11-30"]

LIST_FORMS_RINGFENCE_VERSION_VALUES: set[ListFormsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_forms_ringfence_version(value: str) -> ListFormsRingfenceVersion:
    if value in LIST_FORMS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_FORMS_RINGFENCE_VERSION_VALUES!r}")
