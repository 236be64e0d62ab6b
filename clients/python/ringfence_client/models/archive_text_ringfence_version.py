from typing import Literal

ArchiveTextRingfenceVersion = Literal["2026-11-30"]

ARCHIVE_TEXT_RINGFENCE_VERSION_VALUES: set[ArchiveTextRingfenceVersion] = {
    "2026-11-30",
}


def check_archive_text_ringfence_version(value: str) -> ArchiveTextRingfenceVersion:
    if value in ARCHIVE_TEXT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ARCHIVE_TEXT_RINGFENCE_VERSION_VALUES!r}")
