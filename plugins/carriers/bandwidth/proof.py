"""The proof of Bandwidth's callbacks. It signs nothing: it sends a user and a password (HTTP Basic) to addresses that we
give it. Each of our addresses therefore ends with a secret of its own, made from the password and the path.

A person who knows the password and an address can send any content to that address. See the README for what that means.
Source: dev.bandwidth.com/docs/account/applications (callback credentials) and the attributes of each BXML verb.
"""

from __future__ import annotations

import base64
import hmac
from ipaddress import ip_address

from hub.api import BadSignature, WebhookRequest
from hub.api.twiml import CallbackAddresses
from plugins.carriers.bandwidth.settings import BandwidthSettings

HEADER = "authorization"
KEY = "?key="
"""Before the secret at the end of an application's address. Addresses within a call have `CallbackAddresses`' own proof."""


class Proof:
    """Makes our addresses and checks what comes to them. A comparison takes the same time, whatever is wrong."""

    def __init__(self, settings: BandwidthSettings, webhook_url: str) -> None:
        passwords = (settings.callback_password, *settings.earlier_callback_passwords)
        self._passwords = [each.get_secret_value() for each in passwords]
        self.user, self.password, self._networks = (
            settings.callback_user,
            self._passwords[0],
            settings.callback_networks,
        )
        self.addresses = CallbackAddresses(webhook_url, self.password, self._passwords[1:])
        """Makes the addresses within a call."""

    def check(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless Bandwidth sent the request to an address that we made."""
        given = request.headers.get(HEADER, "").encode("utf-8", "surrogatepass")
        if not any(hmac.compare_digest(given, basic(self.user, each).encode()) for each in self._passwords):
            raise BadSignature("the callback's user or password is not callback_user and callback_password.")
        if self._networks and not self._is_listed(request.sender):
            raise BadSignature(
                "the callback comes from outside callback_networks; is the proxy in hub.trusted_proxies?"
            )
        if self.addresses.needs_proof(request):
            self.addresses.check(request)
            return
        key = ("?" + request.query).partition(KEY)[2].encode("utf-8", "surrogatepass")
        if not any(hmac.compare_digest(key, _key(each, request.path).encode()) for each in self._passwords):
            raise BadSignature(
                "the callback came to an address that this connector did not make; configure the number."
            )

    def keyed(self, url: str) -> str:
        """An application's address with its secret."""
        return url + KEY + _key(self.password, url.rpartition("/")[2])

    def _is_listed(self, sender: str) -> bool:
        try:
            address = ip_address(sender)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)


def basic(user: str, password: str) -> str:
    """The Authorization header of a user and a password."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _key(password: str, path: str) -> str:
    made = hmac.digest(password.encode(), f"application address {path}".encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(made[:18]).decode()


def without_key(url: str | None) -> str | None:
    """An application's address as the hub knows it."""
    return url.partition(KEY)[0] if url else None
