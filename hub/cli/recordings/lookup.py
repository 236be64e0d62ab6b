"""The recording that a command of `hub recordings` names."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import Session

from hub.model import Recording
from hub.queries.lookup import by_id, one, typed

WHICH = "The recording's id or a part of it, or the carrier's id of it."
RecordingId = Annotated[str, typer.Argument(help=WHICH, metavar="ID")]


def found_recording(session: Session, wanted: str) -> Recording:
    """The recording with an id, a part of it, or the carrier's id; CannotDo if none or several are found."""
    text = typed(wanted)
    return one(by_id(session, Recording, text, Recording.carrier_recording_id), "recording", text)  # type: ignore[no-any-return]
