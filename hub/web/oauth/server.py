"""The authorization server itself: Authlib's grants over what hub.access.assistants stores. Only public clients, only codes
with PKCE S256, only tokens for the MCP server of this hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidRequestError,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from starlette.responses import JSONResponse, Response

from hub.access.assistants import grants
from hub.access.assistants.clients import is_redirect_of
from hub.access.assistants.grants import ACCESS_LIFETIME, PERSONAL_DATA, READ
from hub.model import AssistantGrant, OAuthClient, User
from hub.runtime import Hub
from hub.web.oauth.addresses import OAuthAddresses

Fields = Mapping[str, Sequence[str]]
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(frozen=True)
class Decision:
    """What a user allowed."""

    user: User
    personal_data: bool


class InvalidTarget(OAuth2Error):  # type: ignore[misc]
    """A client asks for a token of another resource. Source: RFC 8707, 2."""

    error = "invalid_target"


class Request(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it."""

    def __init__(self, method: str, fields: Fields) -> None:
        super().__init__(method, "https://hub.invalid/")
        self.payload = Payload(fields)

    @property
    def form(self) -> dict[str, str]:
        """The fields, each with its last value."""
        return self.payload.data


class Payload(OAuth2Payload):  # type: ignore[misc]
    """The fields of a request."""

    def __init__(self, fields: Fields) -> None:
        self._fields = {name: list(values) for name, values in fields.items() if values}

    @property
    def data(self) -> dict[str, str]:
        """Each field with its last value."""
        return {name: values[-1] for name, values in self._fields.items()}

    @property
    def datalist(self) -> dict[str, list[str]]:
        """Each field with all its values."""
        return self._fields


class Client(ClientMixin):  # type: ignore[misc]
    """A program as Authlib asks about it."""

    def __init__(self, row: OAuthClient) -> None:
        self.row = row

    def get_client_id(self) -> str:
        """Its id."""
        return self.row.id

    def get_default_redirect_uri(self) -> None:
        """None: each request names its redirect address."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """What it may be given of what it asks for; to read is part of every grant."""
        return " ".join([READ, *({PERSONAL_DATA} & set((scope or "").split()))])

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether it registered this address."""
        return is_redirect_of(self.row, redirect_uri)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Public clients only."""
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        """Codes only."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Codes and refresh tokens."""
        return grant_type in ("authorization_code", "refresh_token")


class Credential:
    """A code or refresh token that was exchanged now: its grant, as Authlib asks about it."""

    def __init__(self, row: AssistantGrant) -> None:
        self.row, self.code_challenge, self.code_challenge_method = row, row.code_challenge, "S256"

    def get_redirect_uri(self) -> str:
        """The address to which the code went."""
        return self.row.redirect_uri

    def get_scope(self) -> str:
        """What was allowed."""
        return f"{READ} {PERSONAL_DATA}" if self.row.personal_data else READ

    def check_client(self, client: Client) -> bool:
        """Whether it belongs to a program."""
        return self.row.client_id == client.row.id


class Rules(CodeChallenge):  # type: ignore[misc]
    """What each code needs besides: PKCE with S256 and nothing else (RFC 7636), and this hub's MCP server as the resource."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Of an authorization request."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Send a code_challenge with the method S256.")
        check_resource(grant)
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: Any, result: object) -> None:
        """Of a token request."""
        check_resource(grant)
        super().validate_code_verifier(grant, result)


def check_resource(grant: Any) -> None:
    """InvalidTarget unless a request names this hub's MCP server, or none."""
    addresses: OAuthAddresses = grant.server.addresses
    if not all(map(addresses.is_resource, grant.request.payload.datalist.get("resource", ()))):
        raise InvalidTarget("This hub gives tokens for its own MCP server only.")


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Authorization codes."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def generate_authorization_code(self) -> str:
        """A random code."""
        return grants.make_secret()

    def save_authorization_code(self, code: str, request: Request) -> None:
        """Store it with what was allowed."""
        hub, decision, data = self.server.hub, request.user, request.payload.data
        with hub.store.writing() as session:
            grants.allow(
                session, decision.user, request.client.row, data["redirect_uri"], self.server.addresses.resource, code,
                data["code_challenge"], hub.clock(), personal_data=decision.personal_data,
            )  # fmt: skip

    def query_authorization_code(self, code: str, client: Client) -> Credential | None:
        """The code that is exchanged; it cannot be exchanged again, whatever comes of this request."""
        hub = self.server.hub
        row = grants.redeem_code(hub.store, code, client.row.id, hub.clock())
        return Credential(row) if row else None

    def delete_authorization_code(self, authorization_code: Credential) -> None:
        """It is used already."""

    def authenticate_user(self, credential: Credential) -> User | None:
        """The user, if they still have access."""
        return grants.user_of_grant(self.server.hub.store, credential.row, self.server.hub.clock())


class RotatingGrant(RefreshTokenGrant):  # type: ignore[misc]
    """Refresh tokens, each of which works once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Credential | None:
        """The token that is exchanged; it cannot be exchanged again."""
        check_resource(self)
        hub = self.server.hub
        row = grants.exchange_refresh_token(hub.store, refresh_token, self.request.client.row.id, hub.clock())
        return Credential(row) if row else None

    def authenticate_user(self, credential: Credential) -> User | None:
        """The user, if they still have access."""
        return grants.user_of_grant(self.server.hub.store, credential.row, self.server.hub.clock())

    def revoke_old_credential(self, credential: Credential) -> None:
        """It is used already."""


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """The end of a connection by the program itself (RFC 7009): of a token's whole grant."""

    CLIENT_AUTH_METHODS = ("none",)

    def authenticate_token(self, request: Request, client: Client) -> None:
        """Revoke it; the answer is the same for a token that is unknown or another program's."""
        self.check_params(request, client)
        hub = self.server.hub
        grants.revoke_token(hub.store, request.form["token"], client.row.id, hub.clock())


@dataclass
class Answer:
    """An answer of Authlib before it is sent; extensions change its location."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def location(self) -> str | None:
        """Where a browser goes."""
        return self.headers.get("Location")

    @location.setter
    def location(self, value: str) -> None:
        self.headers["Location"] = value

    def response(self) -> Response:
        """As it is sent, never cached."""
        if self.location:
            return Response(status_code=303, headers={"Location": self.location, **NO_STORE})
        return JSONResponse(self.body, self.status, NO_STORE)


class Server(AuthorizationServer):  # type: ignore[misc]
    """The authorization server of one hub."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub, self.addresses = hub, OAuthAddresses.of(str(hub.config.hub.public_url))
        self.register_grant(CodeGrant, [Rules(required=True)])
        self.register_grant(RotatingGrant)
        self.register_endpoint(Revocation)
        issuer = IssuerParameter()
        issuer.get_issuer = lambda: self.addresses.issuer
        self.register_extension(issuer)
        self.register_token_generator("default", _new_tokens)

    def query_client(self, client_id: str) -> Client | None:
        """The program of an id."""
        with self.hub.store.reading() as session:
            row = session.get(OAuthClient, client_id)
        return Client(row) if row is not None else None

    def save_token(self, token: Mapping[str, Any], request: Request) -> None:
        """Store the tokens that go out."""
        row = (request.authorization_code or request.refresh_token).row
        now = self.hub.clock()
        with self.hub.store.writing() as session:
            grants.new_token(session, row, "access", token["access_token"], now)
            grants.new_token(session, row, "refresh", token["refresh_token"], now)

    def create_oauth2_request(self, request: Request) -> Request:
        """It is one already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        """An answer."""
        return Answer(status, body, dict(headers))

    def send_signal(self, name: str, *args: object, **values: object) -> None:
        """Nobody listens."""


def _new_tokens(**about: Any) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "access_token": grants.make_secret(grants.ACCESS_PREFIX),
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        "refresh_token": grants.make_secret(grants.REFRESH_PREFIX),
        "scope": about["scope"],
    }
