"""The addresses of the authorization server and of the MCP server, and the documents that name them.

Sources: RFC 9728 (the resource), RFC 8414 (the authorization server), RFC 9207 (`iss`), RFC 7636 (PKCE).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.access.assistants.grants import PERSONAL_DATA, READ
from hub.contracts.addresses import is_loopback

MCP_PATH = "/mcp"
RESOURCE_METADATA = "/.well-known/oauth-protected-resource"
SERVER_METADATA = "/.well-known/oauth-authorization-server"
AUTHORIZE, TOKEN, REGISTER, REVOKE = "/oauth/authorize", "/oauth/token", "/oauth/register", "/oauth/revoke"


@dataclass(frozen=True)
class OAuthAddresses:
    """The addresses of one hub; `issuer` is its public address without a slash at the end."""

    issuer: str

    @classmethod
    def of(cls, public_url: str) -> OAuthAddresses:
        """Those of a hub with this public address."""
        return cls(public_url.rstrip("/"))

    @property
    def is_offered(self) -> bool:
        """Whether assistants may connect by OAuth: over TLS, or on this machine. Source: OAuth 2.1 (draft 13), 1.5."""
        parts = urlsplit(self.issuer)
        return parts.scheme == "https" or is_loopback(parts.hostname)

    @property
    def resource(self) -> str:
        """The MCP server, to which each token is bound (RFC 8707)."""
        return self.issuer + MCP_PATH

    def is_resource(self, written: str) -> bool:
        """Whether a client means the MCP server: scheme and host in any case, with or without a slash at the end."""
        parts = urlsplit(written.strip())
        return (
            parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl().rstrip("/")
            == self.resource
        )

    def challenge(self, error: str = "") -> str:
        """The header WWW-Authenticate of a request without a living token."""
        words = [f'error="{error}"'] if error else []
        words += [f'resource_metadata="{self.issuer}{RESOURCE_METADATA}{MCP_PATH}"', f'scope="{READ}"']
        return "Bearer " + ", ".join(words)

    def resource_document(self) -> dict[str, object]:
        """What RFC 9728 says of the MCP server."""
        return {
            "resource": self.resource,
            "resource_name": "Ringfence",
            "authorization_servers": [self.issuer],
            "scopes_supported": [READ],
            "bearer_methods_supported": ["header"],
        }

    def server_document(self) -> dict[str, object]:
        """What RFC 8414 says of the authorization server."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "registration_endpoint": self.issuer + REGISTER,
            "revocation_endpoint": self.issuer + REVOKE,
            "scopes_supported": [READ, PERSONAL_DATA],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": True,
        }
