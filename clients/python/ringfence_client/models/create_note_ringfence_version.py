from typing import Literal

CreateNoteRingfenceVersion = Literal["2026-11-30"]

CREATE_NOTE_RINGFENCE_VERSION_VALUES: set[CreateNoteRingfenceVersion] = {
    "2026-11-30",
}


def check_create_note_ringfence_version(value: str) -> CreateNoteRingfenceVersion:
    if value in CREATE_NOTE_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CREATE_NOTE_RINGFENCE_VERSION_VALUES!r}")
