"""A phone of the business in a browser: the carrier's SDK that runs there, and the token with which it signs in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.phones import PHONE_NAME
from hub.errors import WrongValue

MAX_TOKEN_SECONDS = 3_600
"""How long a browser that has a token may stay signed in at most, whatever becomes of its user."""
BrowserSdk = Literal["twilio"]
"""The SDKs that the hub itself serves to browsers; a plugin brings no script."""
PhoneName = Annotated[str, Field(pattern=f"^{PHONE_NAME}$")]
"""What stands after `phone:` in a call flow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneToken:
    """With it the carrier's SDK signs in as one phone, and can do nothing else."""

    token: str = field(repr=False)
    seconds: int
    """For how long it is valid, an hour at most."""

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= MAX_TOKEN_SECONDS:
            raise WrongValue(f"a token of a browser is valid for 1 to {MAX_TOKEN_SECONDS} seconds, not {self.seconds}")
