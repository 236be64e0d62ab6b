"""`sensitive:` of a company in config.yaml: what a call to it says about the caller."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

Sensitive = Annotated[
    Literal["health"] | None,
    Field(
        description="`health`: who calls says something about their health, as with a dentist, a clinic or a pharmacy. Their "
        "data goes to ad networks, to analytics and to whoever decides for itself only with the caller's own yes, wherever "
        "they are (`hub docs privacy`)."
    ),
]
