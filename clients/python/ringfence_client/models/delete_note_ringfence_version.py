from typing import Literal

DeleteNoteRingfenceVersion = Literal["2026-11-30"]

DELETE_NOTE_RINGFENCE_VERSION_VALUES: set[DeleteNoteRingfenceVersion] = {
    "2026-11-30",
}


def check_delete_note_ringfence_version(value: str) -> DeleteNoteRingfenceVersion:
    if value in DELETE_NOTE_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DELETE_NOTE_RINGFENCE_VERSION_VALUES!r}")
