"""`hub: sign_in:` of config.yaml: how long sessions of the web interface last, and an OpenID provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, WithJsonSchema

from hub.config.durations import parse_span

MIN_IDLE, MAX_IDLE = timedelta(minutes=5), timedelta(days=1)
MAX_ABSOLUTE = timedelta(days=30)


def _idle(span: timedelta) -> timedelta:
    if not MIN_IDLE <= span <= MAX_IDLE:
        raise ValueError("is not between 5 minutes and 24 hours; write it like 12h")
    return span


def _absolute(span: timedelta) -> timedelta:
    if not MIN_IDLE <= span <= MAX_ABSOLUTE:
        raise ValueError("is not between 5 minutes and 30 days; write it like 7d")
    return span


def _issuer(url: str) -> str:
    local = url.startswith(("http://127.0.0.1:", "http://localhost:"))
    if not (url.startswith("https://") or local) or "?" in url or "#" in url or len(url) > 200:
        raise ValueError("is no issuer; write the provider's address like https://login.example.com")
    return url


_SPAN = WithJsonSchema({"type": "string", "examples": ["12h"]})


class OidcSection(BaseModel):
    """`hub: sign_in: oidc:`: an OpenID provider, found by its discovery document. Its redirect address is
    `/sign-in/oidc/callback` below `public_url`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, AfterValidator(_issuer)] = Field(
        description="The provider's issuer, like https://login.example.com, exactly as its discovery document has it."
    )
    client_id: str = Field(min_length=1, description="The id of the hub as the provider's client.")
    client_secret: SecretStr = Field(description="The secret of that client.")
    name: str = Field(
        default="your organization", max_length=60, description="What the button says after `Sign in with`."
    )


class SignInSection(BaseModel):
    """`hub: sign_in:`: sessions of the web interface, and an OpenID provider if there is one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    idle: Annotated[timedelta, BeforeValidator(parse_span), AfterValidator(_idle), _SPAN] = Field(
        default=timedelta(hours=12), description="A session ends after this time without a request."
    )
    absolute: Annotated[timedelta, BeforeValidator(parse_span), AfterValidator(_absolute), _SPAN] = Field(
        default=timedelta(days=7), description="A session ends this long after the sign-in in any case."
    )
    oidc: OidcSection | None = Field(default=None, description="An OpenID provider that users may sign in with.")

    @property
    def issuer(self) -> str | None:
        """The issuer of the OpenID provider, if there is one."""
        return self.oidc.issuer if self.oidc else None
