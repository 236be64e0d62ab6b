"""For plugins whose accounts are connected by a sign-in at the provider, or whose requests carry signed tokens."""

from hub.contracts.manifest import Scope, SetUpStep
from hub.contracts.oauth import AccessTokens, OAuthGrant, sign_assertion
from hub.contracts.owners import OwnerSignIn
from hub.contracts.sign_in import AccountList, DestinationChoice, ProviderAccount, SignIn
from hub.contracts.tokens import key_token, public_key, secret_claims, secret_token

__all__ = [
    "AccessTokens", "AccountList", "DestinationChoice", "OAuthGrant", "OwnerSignIn", "ProviderAccount", "Scope",
    "SetUpStep", "SignIn", "key_token", "public_key", "secret_claims", "secret_token", "sign_assertion",
]  # fmt: skip
