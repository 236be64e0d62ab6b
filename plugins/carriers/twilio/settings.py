"""What the customer writes in config.yaml for a Twilio account."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr, model_validator

from hub.api import PluginSettings
from hub.api.carriers import PhoneName


class TwilioSettings(PluginSettings):
    """One Twilio account or subaccount; a subaccount signs its webhooks with its own auth token, so it is its own connector."""

    account_sid: str = Field(description="The account's SID, AC and 32 hex digits.", pattern=r"^AC[0-9a-fA-F]{32}$")
    auth_token: SecretStr = Field(description="The account's auth token; it signs the webhooks.")
    previous_auth_token: SecretStr | None = Field(
        default=None, description="The auth token being replaced; its signatures stay valid until this line is removed."
    )
    rest_key_sid: str | None = Field(
        default=None,
        description="An API key (SK…) that signs in to the REST API instead of the auth token.",
        pattern=r"^SK[0-9a-fA-F]{32}$",
    )
    rest_key_secret: SecretStr | None = Field(default=None, description="The secret of rest_key_sid.")
    shared_keys: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Webhook shared keys (SHA-256 signatures): key id to secret; two during a rotation.",
    )
    require_shared_key: bool = Field(
        default=True,
        description="If shared_keys are set, refuse signatures made with the auth token; set false only during a changeover.",
    )
    browser_phones: dict[PhoneName, str] = Field(
        default_factory=dict,
        description="Phones in browsers: a name, which a call flow rings as phone:NAME, and the email address of the user who "
        "takes calls there. They sign in with rest_key_sid, a standard key.",
    )
    base_url: str = Field(
        default="https://api.twilio.com", description="Twilio's REST API.", pattern=r"^https?://[^/?#@]+$"
    )
    pricing_url: str = Field(
        default="https://pricing.twilio.com", description="Twilio's price list.", pattern=r"^https?://[^/?#@]+$"
    )

    porting_url: str = Field(
        default="https://numbers.twilio.com", description="Twilio's porting API.", pattern=r"^https?://[^/?#@]+$"
    )
    upload_url: str = Field(
        default="https://numbers-upload.twilio.com",
        description="Twilio's upload address for the bill of a port order.",
        pattern=r"^https?://[^/?#@]+$",
    )
    media_url: str = Field(
        default="https://mms.twiliocdn.com",
        description="Twilio's host for the pictures of texts.",
        pattern=r"^https?://[^/?#@]+$",
    )

    @model_validator(mode="after")
    def _browsers_need_a_key(self) -> TwilioSettings:
        if self.browser_phones and not (self.rest_key_sid and self.rest_key_secret):
            raise ValueError("browser_phones sign in with an API key; write rest_key_sid and rest_key_secret too")
        return self

    def phone_users(self) -> Mapping[str, str]:
        """The phones in browsers, with their users."""
        return self.browser_phones

    def missing_secrets(self) -> list[str]:
        """The names of the secrets that are blank or incomplete: nothing could be verified with them."""
        secrets = {
            "auth_token": self.auth_token,
            "previous_auth_token": self.previous_auth_token,
            "rest_key_secret": self.rest_key_secret or (SecretStr("") if self.rest_key_sid else None),
        } | {f"shared_keys.{key}": secret for key, secret in self.shared_keys.items()}
        return [name for name, each in secrets.items() if each is not None and not each.get_secret_value().strip()]
