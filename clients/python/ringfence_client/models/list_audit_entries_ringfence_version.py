from typing import Literal

ListAuditEntriesRingfenceVersion = Literal["2026-11-30"]

LIST_AUDIT_ENTRIES_RINGFENCE_VERSION_VALUES: set[ListAuditEntriesRingfenceVersion] = {
    "2026-11-30",
}


def check_list_audit_entries_ringfence_version(value: str) -> ListAuditEntriesRingfenceVersion:
    if value in LIST_AUDIT_ENTRIES_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_AUDIT_ENTRIES_RINGFENCE_VERSION_VALUES!r}")
