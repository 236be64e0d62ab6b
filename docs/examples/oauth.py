"""Examples of hub.api.oauth for docs/api-reference.md; each function is one, with the imports that it needs."""


def sign_in() -> None:
    """A sign-in in the browser

    The manifest says in words what the sign-in asks for, `sign_in` where, `list_accounts` what it reaches, and
    `list_destinations` of an ad network what conversions can go to. The hub does the rest.
    """
    from hub.api import Auth
    from hub.api.oauth import AccountList, DestinationChoice, ProviderAccount, Scope, SetUpStep, SignIn

    asked = Scope(name="contacts.write", title="Edit contacts", purpose="Logs calls on contacts.")
    step = SetUpStep(
        title="Make an app", text="Choose Apps, then New.", links=(("Apps", "https://acme.example.com/apps"),)
    )
    auth = Auth(kind="oauth2", scopes=(asked.name,), asks=(asked,), steps=(step,))
    where = SignIn(
        authorize_url="https://acme.example.com/oauth/authorize",
        token_url="https://api.acme.example.com/oauth/token",
        client_id="ringfence",
        scopes=auth.scopes,
    )
    account = ProviderAccount(id="17", name="Example Dental", settings={"account_id": "17"})
    reached = AccountList(accounts=(account,), signed_in_as="pat@example.com")
    choice = DestinationChoice(destination={"pixel": "9"}, name="Website", unusable="It takes no offline events.")
    assert where.scopes == ("contacts.write",) and reached.accounts[0].settings and choice.unusable


def access_tokens() -> None:
    """Access tokens

    `services.access_tokens(OAuthGrant(…))` keeps and renews them, one thread for all processes; `services.send(…,
    tokens=…)` sends one along.
    """
    from datetime import UTC, datetime

    from hub.api import Provider
    from hub.api.oauth import AccessTokens, OAuthGrant
    from hub.testing import MemoryTokens

    acme = Provider(name="Acme", remedy="sign in again: hub connectors connect acme")
    grant = OAuthGrant(
        provider=acme, token_url="https://api.acme.example.com/oauth/token", client_id="ringfence", refresh_token="r-1"
    )
    now = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    kept = MemoryTokens({"access_token": "a-1", "expires_at": now.timestamp() + 3600})

    def no_request() -> None:
        raise AssertionError("the token is still good")

    tokens = AccessTokens(lambda: now, no_request, kept, grant)  # type: ignore[arg-type]
    assert tokens.current() == "a-1"


def owners() -> None:
    """A sign-in by the person who owns the data

    `owner_sign_in` says what the owner agrees to, for `hub connectors connect`.
    """
    from hub.api.oauth import OwnerSignIn

    asked = OwnerSignIn(
        authorize_url="https://acme.example.com/oauth/authorize",
        token_url="https://api.acme.example.com/oauth/token",
        client_id="ringfence",
        scopes=("contacts.read",),
        consent_text="Ringfence reads the names in your contacts to show who calls. You can end it at any time.",
    )
    assert "names in your contacts" in asked.consent_text


def signed_tokens() -> None:
    """Signed tokens

    HS256 with a secret, RS256 with a private key, and the assertion of the JWT bearer grant.
    """
    import base64
    import json
    from datetime import UTC, datetime

    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from hub.api.oauth import key_token, public_key, secret_claims, secret_token, sign_assertion

    token = secret_token({"sub": "17"}, "secret of Acme")
    assert secret_claims(token, ["a newer one of Acme", "secret of Acme"]) == {"sub": "17"}
    assert secret_claims(token, ["a newer one of Acme"]) is None

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert key_token({"application_id": "7"}, pem).count(".") == 2
    assert public_key(pem).startswith("-----BEGIN PUBLIC KEY-----")
    now = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    made = sign_assertion(pem, issuer="ringfence", audience="https://api.acme.example.com", now=now, seconds=300)
    claims = json.loads(base64.urlsafe_b64decode(made.split(".")[1] + "=="))
    assert claims["iss"] == "ringfence" and claims["exp"] - claims["iat"] == 300
