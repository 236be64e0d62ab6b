"""`webhooks:` of a company in config.yaml: where the hub sends what happens."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from hub.contracts.addresses import why_no_webhook
from hub.contracts.categories import USES
from hub.contracts.third_parties import is_third_party
from hub.contracts.transfers import Transfer
from hub.model.states import WebhookType

Withheld = Literal[
    "phone_number", "name", "email", "place", "pages", "click_ids", "recording", "transcript", "message", "fields", "notes"
]  # fmt: skip
WEBHOOK_USES = USES - {
    "essential.service.call_back", "essential.service.notifications.sms", "marketing.communications.sms",
    "telephony.recording", "web.tracking",
}  # fmt: skip
"""Uses that an address can have; the others are those of carriers and of the hub."""
Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class WebhookSection(BaseModel):
    """One entry of `webhooks:`: an address that gets what happens at the company, signed (`hub docs webhooks`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        max_length=40,
        description="A name of your own: lowercase letters, digits, - and _.",
    )
    url: str = Field(max_length=1_000, description="The https:// address that each event is sent to, by POST.")
    format: Literal["standard", "callrail"] = Field(
        default="standard",
        description="`standard`: the hub's own events, signed as Standard Webhooks; `callrail`: the payloads and the signature "
        "of CallRail's webhooks, for receivers that were made for them.",
    )
    events: tuple[WebhookType, ...] = Field(
        default=tuple(WebhookType), min_length=1, description="Which events it gets; all if left out."
    )
    recipient: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="The legal name of who runs the address, as the data map shows it; its host if left out.",
    )
    role: Literal["processor", "independent_controller"] = Field(
        default="processor",
        description="`processor`: it works for the company under a contract; `independent_controller`: it decides for itself "
        "what it does with the data, so it is a third party, and what it gets is a sale or sharing that people can opt out of.",
    )
    regions: tuple[Region, ...] = Field(
        default=(), description="The countries where it stores the data, as two letters, like US."
    )
    postal_address: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description="The postal address of who runs it, in one line, for people who ask which third parties got their data.",
    )
    transfer: Transfer | None = Field(
        default=None,
        description="By which mechanism data may go to these countries, as your contract with the recipient says.",
    )
    use: str = Field(
        description="What the data is used for there: `essential.service.operations` to serve these people, as a CRM or "
        "booking software does; `sales` to sell to them; `analytics.reporting.ad_performance` for reports; "
        "`marketing.advertising.third_party.targeted` for ads. Consent is asked for this use before each event is sent.",
    )
    withhold: tuple[Withheld, ...] = Field(
        default=(),
        description="What it does not get: these fields are empty in every event, and phone numbers, email addresses and "
        "known names are removed from all texts.",
    )
    keep_order: bool = Field(
        default=False,
        description="true: while an event is tried again, for up to three days, all later ones wait; false: for up to half an "
        "hour, then they pass it.",
    )
    allow_private: bool = Field(
        default=False,
        description="The address may be inside your own network, on any port, and there also http://. Only someone who can "
        "edit config.yaml on the machine may set it.",
    )
    enabled: bool = Field(default=True, description="false: it gets no events.")

    @property
    def host(self) -> str:
        """The host of the address; the rest of it may hold a secret."""
        return urlsplit(self.url).hostname or ""

    @property
    def recipient_name(self) -> str:
        """Who gets the data."""
        return self.recipient or self.host

    @property
    def is_third_party(self) -> bool:
        """Whether what it gets is a sale or sharing."""
        return is_third_party(self.role, self.use)

    @field_validator("use")
    @classmethod
    def _known_use(cls, use: str) -> str:
        if use not in WEBHOOK_USES:
            raise ValueError(f"{use!r} is not a use of a webhook; write one of {', '.join(sorted(WEBHOOK_USES))}")
        return use

    @model_validator(mode="after")
    def _address(self) -> Self:
        wrong = why_no_webhook(self.url, private=self.allow_private)
        if wrong is not None:
            raise ValueError(f"{self.name}: {wrong}")
        return self


def _one_a_name(webhooks: tuple[WebhookSection, ...]) -> tuple[WebhookSection, ...]:
    names = [each.name for each in webhooks]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two webhooks are called {name}; give each a name of its own")
    return webhooks


Webhooks = Annotated[tuple[WebhookSection, ...], AfterValidator(_one_a_name)]
